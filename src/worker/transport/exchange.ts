import type { IncomingMessage, ServerResponse } from 'node:http';

import { remembering } from '../../shared/remembering.ts';

/** One request over HTTP: what came, where the answer goes, and who asks. */
export interface Exchange<Caller> {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly caller: Caller;
  /** Aborted when what was shown no longer holds. */
  readonly ended: AbortSignal;
}

/** The ranges of types that an `Accept` names. */
const rangesOf = remembering(
  (accept) =>
    new Set(accept.split(',').map((range) => range.split(';', 1)[0]?.trim().toLowerCase())),
);

/** Whether a request takes a type, such as `text/event-stream`. */
export function accepts({ headers }: IncomingMessage, family: string, subtype: string): boolean {
  const ranges = rangesOf(headers.accept ?? '');
  return ranges.has(`${family}/${subtype}`) || ranges.has(`${family}/*`) || ranges.has('*/*');
}

/** Answers that a message was taken: there is nothing else to say. */
export function answerTaken(response: ServerResponse): void {
  response.writeHead(202, { 'content-length': 0 }).end();
}
