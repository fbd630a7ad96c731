import type { EventLog, LogEntry, Workers } from '../domain/bus.ts';
import { type Change, type Changes, parseChange } from '../domain/change.ts';
import { isAfter } from '../domain/entry-id.ts';
import { RpcCode, RpcError } from '../protocol/errors.ts';
import {
  isRecord,
  isRequestId,
  type Message,
  type RequestId,
  refusalOf,
} from '../protocol/frame.ts';
import type { StreamEvent } from './event-stream.ts';
import type { Recorder } from './http-reply.ts';

/** The stream of what belongs to no request. Those of all sessions are views of one log. */
const CHANGES = 'changes';
/** Stands for the beginning of a stream, before its first entry. */
const BEGINNING = '0';
const EVENT_ID = /^([A-Za-z0-9-]{1,80})_(\d{1,17}(?:-\d{1,17})?)$/;
const NOT_KEPT = 'The answer is too large to be fetched later';
/** How often it is asked whether the worker that a stream is of still runs. */
const ALIVE_CHECK_MS = 3_000;

export interface KeptStreamsOptions {
  readonly log: EventLog;
  readonly workers: Workers;
  readonly changes: Changes;
}

/** A place in a stream, as `Last-Event-ID` names it. */
export interface StreamPlace {
  readonly stream: string;
  /** The last entry that arrived. Nothing, if none did. */
  readonly after: string | undefined;
}

/** Where the events of a stream go. */
export interface StreamSink {
  readonly send: (event: StreamEvent) => void;
  /** All is said. */
  readonly end: () => void;
}

/** What a change is told as to somebody, if it is. */
export type Interests = (change: Change) => Promise<Message | undefined>;

/** Reads a `Last-Event-ID`; nothing if it is none of ours. */
export function parsePlace(id: string): StreamPlace | undefined {
  const [, stream, entry] = EVENT_ID.exec(id) ?? [];
  if (stream === undefined || entry === undefined) return undefined;
  return { stream, after: entry === BEGINNING ? undefined : entry };
}

/** Whether a place is in the stream of what belongs to no request. */
export function isOfChanges({ stream }: StreamPlace): boolean {
  return stream === CHANGES;
}

/**
 * Streams of the legacy era that can be taken up again, at any worker (2025-11-25, basic/transports,
 * resumability and redelivery). Those that answer requests are kept in a log each.
 */
export class KeptStreams {
  readonly #options: KeptStreamsOptions;
  #count = 0;

  constructor(options: KeptStreamsOptions) {
    this.#options = options;
  }

  /** Keeps the stream that answers these requests of a session. */
  recorder(session: string, requests: readonly RequestId[], isPrimed: boolean): Recorder {
    const { log, workers } = this.#options;
    this.#count += 1;
    const stream = `${workers.self}-${this.#count}`;
    const name = logOf(session, stream);
    const open = new Set(requests);
    const append = async (message?: Message): Promise<string | undefined> => {
      const said = message === undefined ? {} : { message };
      const id = await log.append(name, { ...said, open: [...open] });
      return id === undefined ? undefined : `${stream}_${id}`;
    };
    return {
      isPrimed,
      begin: () => append(),
      async record(message) {
        if (!('method' in message) && message.id !== undefined) open.delete(message.id);
        const place = await append(message);
        if (place !== undefined || 'method' in message) return place;
        // Who takes the stream up again does not wait for an answer that was too large to be kept.
        return append(refusalOf(message.id, new RpcError(RpcCode.Unavailable, NOT_KEPT)));
      },
      async end() {
        open.clear();
        await append();
      },
    };
  }

  /** The stream of what belongs to no request, from now on. */
  sendChanges(interests: Interests, sink: StreamSink, isPrimed: boolean): Disposable {
    const { changes } = this.#options;
    if (isPrimed) sink.send({ id: `${CHANGES}_${changes.position ?? BEGINNING}`, data: '' });
    return changes.listen(inOrder(interests, sink));
  }

  /** The rest of a stream of a session, as far as it is still known. Throws a `Failure` (`unavailable`) while it cannot be read. */
  async resume(
    session: string,
    { stream, after }: StreamPlace,
    interests: Interests,
    sink: StreamSink,
  ): Promise<Disposable> {
    const { log, workers } = this.#options;
    if (stream === CHANGES) {
      const send = inOrder(interests, sink);
      return log.follow(CHANGES, after, ({ id, message }) => {
        const change = parseChange(message);
        if (change !== undefined) send(change, id);
      });
    }
    const rest = new Rest(stream, after, sink);
    using opened = new DisposableStack();
    // From its beginning: what it has still to answer, any of its entries may be the last to say.
    opened.use(
      await log.follow(logOf(session, stream), undefined, (entry) => {
        rest.take(entry);
      }),
    );
    rest.isCaughtUp();
    const worker = stream.slice(0, stream.lastIndexOf('-'));
    const asking = setInterval(() => {
      workers.isAlive(worker).then(
        (isAlive) => {
          if (isAlive === false) rest.giveUp();
        },
        () => undefined,
      );
    }, ALIVE_CHECK_MS).unref();
    opened.defer(() => {
      clearInterval(asking);
    });
    return opened.move();
  }
}

/** The rest of a stream that answers requests. */
class Rest {
  readonly #stream: string;
  readonly #after: string | undefined;
  readonly #sink: StreamSink;
  /** Requests that it has not answered yet. Absent until something is known of it. */
  #open: readonly RequestId[] | undefined;

  constructor(stream: string, after: string | undefined, sink: StreamSink) {
    this.#stream = stream;
    this.#after = after;
    this.#sink = sink;
  }

  take({ id, message: entry }: LogEntry): void {
    if (!isRecord(entry) || !Array.isArray(entry.open)) return;
    this.#open = entry.open.filter(isRequestId);
    const isNew = this.#after === undefined || isAfter(id, this.#after);
    if (isNew && entry.message !== undefined) {
      this.#sink.send({ id: `${this.#stream}_${id}`, data: JSON.stringify(entry.message) });
    }
    if (this.#open.length === 0) this.#sink.end();
  }

  /** All that was kept has been taken. Of a stream of which there is nothing, nothing will come. */
  isCaughtUp(): void {
    if (this.#open === undefined) this.#sink.end();
  }

  /** Nobody will answer any more. */
  giveUp(): void {
    for (const id of this.#open ?? []) {
      const text = 'The server that ran this request has ended';
      const data = { kind: 'unavailable' };
      const refusal = refusalOf(id, new RpcError(RpcCode.Unavailable, text, data));
      this.#sink.send({ data: JSON.stringify(refusal) });
    }
    this.#open = [];
    this.#sink.end();
  }
}

/** Sends changes as they are told to somebody, in the order they came in, though it may take a while to find out who is to be told. */
function inOrder(
  interests: Interests,
  sink: StreamSink,
): (change: Change, id: string | undefined) => void {
  let sending = Promise.resolve();
  return (change, id) => {
    sending = sending
      .then(() => interests(change))
      .then(
        (told) => {
          if (told === undefined) return;
          const at = id === undefined ? {} : { id: `${CHANGES}_${id}` };
          sink.send({ ...at, data: JSON.stringify(told) });
        },
        // Who cannot be found out about is not told.
        () => undefined,
      );
  };
}

/** Of one session: another's place in it leads nowhere. */
function logOf(session: string, stream: string): string {
  return `stream:${session}:${stream}`;
}
