/** One connection of a load: whatever is spoken over it, numbered requests go out and their answers come back. */
export interface Channel {
  /** Settles once requests can be sent: servers of HTTP close what is idle, and then it connects again. */
  ready(): Promise<void>;
  /** Sends the request with that number. */
  send(number: number): void;
  close(): void;
}

/** What a channel is opened with. */
export interface ChannelOptions {
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Called for each answer, with its text unread. */
  readonly heed: (payload: Buffer) => void;
  readonly onError: (error: Error) => void;
}

/** Opens a connection, and does what has to be done before the first request. */
export type OpenChannel = (options: ChannelOptions) => Promise<Channel>;

/** How wide numbers of requests are, in digits: their frames are all of one length. */
export const NUMBER_WIDTH = 9;
/** What stands where the number belongs. */
export const PLACEHOLDER = '9'.repeat(NUMBER_WIDTH);
/** The number that an answer was taken with which is canned. A load never asks with it, and takes such answers in the order in which it asked. */
export const CANNED = 10 ** (NUMBER_WIDTH - 1);

const KEY = '"id":';
/** Most servers write the id early, and some after a long result. */
const EARLY_BYTES = 48;

/** The number of the request that an answer is to; none, if it is no answer. It is not parsed: that would cost more than some servers do. */
export function numberOf(payload: Buffer): number | undefined {
  const early = payload.subarray(0, EARLY_BYTES).indexOf(KEY);
  const at = (early < 0 ? payload.lastIndexOf(KEY) : early) + KEY.length;
  if (at < KEY.length) return undefined;
  const number = Number(payload.toString('latin1', at, at + NUMBER_WIDTH));
  return Number.isInteger(number) ? number : undefined;
}
