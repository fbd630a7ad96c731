import type { IncomingMessage, ServerResponse } from 'node:http';

/** One request over HTTP: what came, where the answer goes, and who asks. */
export interface Exchange<Caller> {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly caller: Caller;
  /** Aborted when what was shown no longer holds. */
  readonly ended: AbortSignal;
}

/** Whether a request takes all of these types. */
export function accepts({ headers }: IncomingMessage, ...types: string[]): boolean {
  const { accept = '' } = headers;
  const named = accept.split(',').map((range) => range.split(';', 1)[0]?.trim().toLowerCase());
  return types.every((type) => {
    const [family = ''] = type.split('/');
    return named.includes(type) || named.includes(`${family}/*`) || named.includes('*/*');
  });
}

/** Answers that a message was taken: there is nothing else to say. */
export function answerTaken(response: ServerResponse): void {
  response.writeHead(202, { 'content-length': 0 }).end();
}
