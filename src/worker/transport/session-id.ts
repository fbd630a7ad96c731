import { randomBytes } from 'node:crypto';

/** Operators are shown the first 48 bits of it. What is left has to be enough. */
const BYTES = 24;

/** Makes the id of a session: whoever knows it and is its principal speaks in it. Visible ASCII (2025-11-25, basic/transports). */
export function makeSessionId(): string {
  return randomBytes(BYTES).toString('base64url');
}
