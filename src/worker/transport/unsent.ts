/** What may wait in memory for somebody who does not read, over either transport. Beyond it the connection is broken off. */
export const UNSENT_BYTES_MAX = 16 * 1_048_576;
