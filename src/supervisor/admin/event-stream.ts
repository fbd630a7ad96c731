import type { ServerResponse } from 'node:http';

import type { EventLog } from './event-log.ts';

export interface EventStreamOptions {
  /** How often a comment says that the stream lives: proxies cut what is idle for 60 s. */
  readonly keepAliveMs: number;
  /** Told of a reader who is too slow. */
  readonly onDropped: (why: 'overtaken' | 'stalled') => void;
}

/** How long whoever lost the stream waits before coming back. */
const RETRY_MS = 1_000;

/**
 * Sends events as they come (text/event-stream, WHATWG HTML §9.2), each under its number: whoever
 * comes back with it as `Last-Event-ID` has missed nothing. Nothing is kept for a reader beside
 * the log: one who is so slow that the log overtakes him, or takes nothing from one keep-alive to
 * the next, is dropped.
 */
export function streamEvents(
  response: ServerResponse,
  events: EventLog,
  since: number,
  { keepAliveMs, onDropped }: EventStreamOptions,
): void {
  let sent = since > events.lastSeq ? 0 : since;
  let hasBegun = false;
  const drop = (why: 'overtaken' | 'stalled'): void => {
    onDropped(why);
    response.destroy();
  };
  const pump = (): void => {
    for (;;) {
      const [event] = events.since(sent, 1);
      if (event === undefined || response.destroyed) return;
      if (hasBegun && event.seq > sent + 1) {
        drop('overtaken');
        return;
      }
      if (response.writableNeedDrain) return;
      hasBegun = true;
      sent = event.seq;
      response.write(`id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`);
    }
  };
  const keepAlive = setInterval(() => {
    if (response.writableNeedDrain) drop('stalled');
    else response.write(': alive\n\n');
  }, keepAliveMs);
  const unsubscribe = events.subscribe(pump);
  response.once('close', () => {
    clearInterval(keepAlive);
    unsubscribe();
  });
  response.on('drain', pump);
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  response.write(`retry: ${RETRY_MS}\n\n`);
  pump();
}
