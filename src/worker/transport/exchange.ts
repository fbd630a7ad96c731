import type { IncomingMessage, ServerResponse } from 'node:http';

/** One request over HTTP: what came, where the answer goes, and who asks. */
export interface Exchange<Caller> {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly caller: Caller;
  /** Aborted when what was shown no longer holds. */
  readonly ended: AbortSignal;
}

/** What a client takes of what it may be answered with. */
export interface Accepted {
  readonly json: boolean;
  readonly events: boolean;
}

/** Reads an `Accept` (RFC 9110 §12.5.1). Weights are not looked at: there is nothing to choose. */
export function readAccept(accept: string): Accepted {
  const ranges = accept.split(',').map((range) => range.split(';', 1)[0]?.trim().toLowerCase());
  const takes = (...wanted: string[]): boolean => wanted.some((range) => ranges.includes(range));
  return {
    json: takes('application/json', 'application/*', '*/*'),
    events: takes('text/event-stream', 'text/*', '*/*'),
  };
}

/** Answers that a message was taken: there is nothing else to say. */
export function answerTaken(response: ServerResponse): void {
  response.writeHead(202, { 'content-length': 0 }).end();
}
