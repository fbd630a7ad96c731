import type { ServerResponse } from 'node:http';

import type { Listed } from '../../shared/linked-list.ts';
import { RpcCode, scopesAskedFor } from '../protocol/errors.ts';
import type { Message, Response } from '../protocol/frame.ts';
import { serialise } from '../protocol/serialise.ts';
import { EventStream } from './event-stream.ts';
import type { Overdue } from './overdue.ts';

/** Keeps what is sent over a stream, so that it can be fetched later. */
export interface Recorder {
  /** Whether the stream can be taken up from its beginning: the revision has an event that says only so. */
  readonly isPrimed: boolean;
  /** The stream begins. Resolves with where it can be taken up from its beginning, or with nothing if it could not be kept. */
  begin(): Promise<string | undefined>;
  /** Resolves with where the stream can be taken up after this message, or with nothing if it could not be kept. */
  record(message: Message): Promise<string | undefined>;
  /** Nothing more comes. Who takes the stream up again is told by its end. */
  end(): Promise<void>;
}

/** The head of a response. */
export interface Head {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Says with what head an answer is sent. */
type HeadOf = (answer: Response) => Head;

export interface HttpReplyOptions {
  /** How many requests there are to answer. */
  readonly expected: number;
  readonly isBatch: boolean;
  /** With a single answer it is the head of the response (2026-07-28 has a status for some errors). */
  readonly headOf: HeadOf;
  /** Makes what keeps the stream, should it become one. */
  readonly recorder?: () => Recorder;
  /** Looks for it to become a stream, if nothing is said for long. Absent where it may not. */
  readonly overdue?: Overdue;
}

/** A response that is not there after so long becomes a stream: it shows that we are alive, and can be taken up again. */
export const STREAM_AFTER_MS = 3_000;
/** Messages that wait to be kept. Beyond it the response is broken off. */
const PENDING_MAX = 10_000;
/** How long a client that we let go of waits before it asks again. */
const RETRY_MS = 500;
const DONE = Promise.resolve();

/** What the body of a POST is answered with: one JSON, or a stream of events if something is said before the answer. */
export class HttpReply {
  readonly #response: ServerResponse;
  readonly #options: HttpReplyOptions;
  /** Those that nobody was sent yet. */
  #answers: readonly Response[] = [];
  #stream: EventStream | undefined;
  #recorder: Recorder | undefined;
  #answered = 0;
  /** What waits for its turn. */
  #pending = 0;
  #sending = DONE;
  /** That it becomes a stream. */
  readonly #due: Listed | undefined;

  constructor(response: ServerResponse, options: HttpReplyOptions) {
    this.#response = response;
    this.#options = options;
    this.#due = options.overdue?.add(this);
  }

  /** Resolves when more can be sent. */
  send(message: Message): Promise<void> {
    if (this.#pending >= PENDING_MAX) {
      this.#response.destroy();
      return DONE;
    }
    const isAnswer = !('method' in message);
    if (!isAnswer || this.#stream !== undefined || this.#pending > 0) {
      return this.#sendInTurn(message);
    }
    this.#keep(message);
    return DONE;
  }

  /** Nothing was said for long. */
  overdue(): void {
    if (!this.#response.destroyed) void this.#enqueue(() => this.#begin());
  }

  /** Ends the response before the answer, if that can be fetched later. */
  async release(): Promise<void> {
    await this.#enqueue(async () => {
      if (this.#recorded()?.isPrimed !== true) return;
      await this.#begin();
      this.#stream?.end();
    });
  }

  /** All requests are done with. One that was cancelled has no answer, and then it is the end of the response that says so. */
  finish(): Promise<void> {
    if (this.#isAnswered && this.#pending === 0) return DONE;
    return this.#enqueue(async () => {
      if (this.#isAnswered) return;
      await this.#recorded()?.end();
      if (this.#stream === undefined && this.#answers.length > 0) this.#sendWhole();
      await this.#begin();
      this.#stream?.end();
    });
  }

  get #isAnswered(): boolean {
    return this.#answered === this.#options.expected;
  }

  /** Keeps an answer until all are there. */
  #keep(answer: Response): void {
    this.#answered += 1;
    // Mostly the only one, and `push` would make room for sixteen more.
    this.#answers = [...this.#answers, answer];
    if (this.#isAnswered) this.#sendWhole();
  }

  async #sendInTurn(message: Message): Promise<void> {
    let sending: Promise<void> | undefined;
    await this.#enqueue(async () => {
      const isAnswer = !('method' in message);
      if (isAnswer && this.#stream === undefined) {
        this.#keep(message);
        return;
      }
      if (isAnswer) this.#answered += 1;
      const isLast = this.#isAnswered;
      await this.#begin();
      if (this.#stream === undefined) return;
      const id = await this.#recorded()?.record(message);
      sending = this.#stream.send({ id, data: serialise(message) });
      if (isLast) this.#stream.end();
    });
    await sending;
  }

  /** One thing after the other, whatever it waits for. */
  #enqueue(work: () => Promise<void>): Promise<void> {
    this.#pending += 1;
    const done = this.#sending.then(work).finally(() => {
      this.#pending -= 1;
    });
    this.#sending = done.catch(() => undefined);
    return done;
  }

  #recorded(): Recorder | undefined {
    this.#recorder ??= this.#options.recorder?.();
    return this.#recorder;
  }

  async #begin(): Promise<void> {
    this.#due?.remove();
    // Nobody was given a place to take it up from, so that nothing is kept either.
    if (this.#stream !== undefined || this.#response.writableEnded || this.#response.destroyed)
      return;
    this.#stream = new EventStream(this.#response);
    const recorder = this.#recorded();
    const start = await recorder?.begin();
    if (start !== undefined && recorder?.isPrimed === true) {
      void this.#stream.send({ id: start, data: '', retryMs: RETRY_MS });
    }
    // What was answered already, of a batch.
    const answers = this.#answers;
    this.#answers = [];
    for (const answer of answers) {
      const id = await recorder?.record(answer);
      void this.#stream.send({ id, data: serialise(answer) });
    }
  }

  #sendWhole(): void {
    this.#due?.remove();
    const [first] = this.#answers;
    if (this.#response.writableEnded || this.#response.destroyed || first === undefined) return;
    const { isBatch, headOf } = this.#options;
    const { status, headers } = isBatch ? OK : headOf(first);
    sendText(this.#response, status, serialise(isBatch ? this.#answers : first), headers);
  }
}

/** The head of an answer to whom too little was allowed: what to come back with. Nothing for all other answers. */
export type RefusedHead = (answer: Response) => Head | undefined;

/** Makes that of what says how to ask for scopes (RFC 6750 §3). */
export function refusedHeadOf(challenge: (scopes: readonly string[]) => string): RefusedHead {
  return (answer) => {
    const scopes = 'error' in answer ? scopesAskedFor(answer.error) : undefined;
    return scopes && { status: 403, headers: { 'www-authenticate': challenge(scopes) } };
  };
}

/** The head of most answers: the error, if it is one, is in the body. */
export const OK: Head = { status: 200 };

/** The status of an answer of the modern era (2026-07-28, basic/transports/streamable-http). */
export function modernStatusOf(answer: Response): number {
  if ('result' in answer) return 200;
  switch (answer.error.code) {
    case RpcCode.MethodNotFound:
      return 404;
    case RpcCode.ParseError:
    case RpcCode.InvalidRequest:
    case RpcCode.HeaderMismatch:
    case RpcCode.MissingCapability:
    case RpcCode.UnsupportedVersion:
      return 400;
    default:
      return 200;
  }
}

/** Answers with one JSON. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Head['headers'] = {},
): void {
  sendText(response, status, JSON.stringify(body), headers);
}

function sendText(
  response: ServerResponse,
  status: number,
  json: string,
  headers: Head['headers'] = {},
): void {
  const bytes = Buffer.byteLength(json);
  response
    .writeHead(status, {
      'content-type': 'application/json',
      'content-length': bytes,
      'cache-control': 'no-store',
      ...headers,
    })
    // What is ASCII all through, and most is, is written faster as such.
    .end(json, bytes === json.length ? 'latin1' : 'utf8');
}
