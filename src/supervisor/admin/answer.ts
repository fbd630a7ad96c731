import type { ServerResponse } from 'node:http';

import { sendProblem } from '../../shared/problem.ts';

/** What a route answers. */
export type Answer =
  | {
      readonly kind: 'document';
      readonly status: number;
      readonly contentType: string;
      readonly body: string;
    }
  | {
      readonly kind: 'problem';
      readonly status: number;
      readonly detail: string;
      readonly headers: Readonly<Record<string, string>>;
    }
  /** Events after a number, for as long as somebody listens. */
  | { readonly kind: 'events'; readonly since: number };

/** Answers with JSON. */
export function json(status: number, value: unknown, contentType = 'application/json'): Answer {
  return { kind: 'document', status, contentType, body: JSON.stringify(value) };
}

/** Answers with what is wrong. */
export function problem(
  status: number,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { kind: 'problem', status, detail, headers };
}

/** Sends what does not last. */
export function send(response: ServerResponse, answer: Exclude<Answer, { kind: 'events' }>): void {
  if (answer.kind === 'problem') {
    sendProblem(response, answer.status, answer.detail, answer.headers);
    return;
  }
  response
    .writeHead(answer.status, {
      'content-type': answer.contentType,
      'cache-control': 'no-store',
      'content-length': Buffer.byteLength(answer.body),
      ...(answer.status === 503 ? { 'retry-after': '1' } : {}),
    })
    .end(answer.body);
}
