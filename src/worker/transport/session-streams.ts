import type { ServerResponse } from 'node:http';

import { sendProblem } from '../../shared/problem.ts';
import type { Leases } from '../domain/bus.ts';
import type { Change } from '../domain/change.ts';
import type { Session } from '../domain/session.ts';
import type { Message } from '../protocol/frame.ts';
import { TRAITS } from '../protocol/revisions.ts';
import { ALL_LISTS, notificationOf } from '../protocol/subscriptions.ts';
import { EventStream, type StreamEvent } from './event-stream.ts';
import { type Exchange, readAccept } from './exchange.ts';
import { type HttpSessions, revisionOf } from './http-sessions.ts';
import {
  isOfChanges,
  type KeptStreams,
  parsePlace,
  type StreamPlace,
  type StreamSink,
} from './kept-streams.ts';

export interface SessionStreamsOptions<Caller> {
  readonly sessions: HttpSessions<Caller>;
  readonly streams: KeptStreams;
  readonly leases: Leases;
}

/** Events that may wait for a stream: all of a log, and as many that come meanwhile. With more its end comes, and it is taken up again. */
const KEPT_MAX = 2_000;

/** The streams that sessions ask for: of what belongs to no request, and the rest of those that broke off. */
export class SessionStreams<Caller> {
  readonly #options: SessionStreamsOptions<Caller>;
  readonly #open = new Set<EventStream>();
  #isDraining = false;

  constructor(options: SessionStreamsOptions<Caller>) {
    this.#options = options;
  }

  async open(exchange: Exchange<Caller>): Promise<void> {
    const { request, response } = exchange;
    if (!readAccept(request.headers.accept ?? '').events) {
      sendProblem(response, 406, 'Accept must name text/event-stream');
      return;
    }
    const { sessions, streams } = this.#options;
    const session = await sessions.sessionOf(exchange);
    if (session === undefined) return;
    const { 'last-event-id': lastEventId } = request.headers;
    const place = typeof lastEventId === 'string' ? parsePlace(lastEventId) : undefined;
    if (lastEventId !== undefined && place === undefined) {
      sendProblem(response, 400, 'Last-Event-ID is none of ours');
      return;
    }
    await using opened = new AsyncDisposableStack();
    const sink = new LateSink();
    const end = (): void => {
      sink.end();
    };
    if (place === undefined || isOfChanges(place)) {
      const lease = await this.#take(session, place, end);
      if (lease === undefined) {
        sendProblem(response, 409, 'The stream of this session is open already');
        return;
      }
      opened.use(lease);
    }
    const tell = (change: Change): Promise<Message | undefined> => this.#tell(change, exchange);
    opened.use(
      place === undefined
        ? streams.sendChanges(tell, sink, TRAITS[revisionOf(session)].primedStreams)
        : await streams.resume(session.id, place, tell, sink),
    );
    opened.use(sessions.onEnd(session.id, end));
    // It went while we looked.
    if (response.destroyed) return;
    sink.open(this.#begin(response));
    if (this.#isDraining) sink.end();
    const kept = opened.move();
    response.once('close', () => {
      // What it waits for is Redis, which is away at most.
      void kept.disposeAsync();
    });
  }

  /** Ends all streams, and those that are still asked for: they are taken up again elsewhere. */
  drain(): void {
    this.#isDraining = true;
    for (const stream of this.#open) stream.end();
  }

  /**
   * A session has one stream of what belongs to no request. Who comes back to it may do so before we have noticed that
   * it was gone, and where streams do not begin with a place, who comes back cannot be told from who comes again.
   */
  #take(
    session: Session,
    place: StreamPlace | undefined,
    lost: () => void,
  ): Promise<AsyncDisposable | undefined> {
    const takeAway = place !== undefined || !TRAITS[revisionOf(session)].primedStreams;
    return this.#options.leases.take(`stream:${session.id}`, { takeAway, lost });
  }

  /** What a change is told as in a session. What that subscribed to, another worker may have been told. */
  async #tell(change: Change, exchange: Exchange<Caller>): Promise<Message | undefined> {
    if ('list' in change) return notificationOf(change, { lists: ALL_LISTS, resources: new Set() });
    const session = await this.#options.sessions.findOf(exchange);
    const resources = new Set(session?.subscriptions);
    return notificationOf(change, { lists: ALL_LISTS, resources });
  }

  #begin(response: ServerResponse): EventStream {
    const stream = new EventStream(response);
    this.#open.add(stream);
    response.once('close', () => this.#open.delete(stream));
    return stream;
  }
}

/**
 * Events on their way to a stream, one after the other as fast as they are taken: what is made up for at once may be more
 * than a stream lets wait. They are kept until there is a stream, for only then is it known that there will be one.
 */
class LateSink implements StreamSink {
  readonly #kept: StreamEvent[] = [];
  #stream: EventStream | undefined;
  #isSending = false;
  #isOver = false;

  send(event: StreamEvent): void {
    this.#kept.push(event);
    if (this.#kept.length > KEPT_MAX) this.end();
    void this.#sendAll();
  }

  end(): void {
    this.#isOver = true;
    void this.#sendAll();
  }

  open(stream: EventStream): void {
    this.#stream = stream;
    void this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    const stream = this.#stream;
    if (stream === undefined || this.#isSending) return;
    this.#isSending = true;
    for (let event = this.#kept.shift(); event !== undefined; event = this.#kept.shift()) {
      // oxlint-disable-next-line no-await-in-loop -- each waits for the one before it to be taken
      await stream.send(event);
    }
    this.#isSending = false;
    if (this.#isOver) stream.end();
  }
}
