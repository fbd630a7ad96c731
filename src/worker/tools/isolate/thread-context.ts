import { type MessagePort, parentPort } from 'node:worker_threads';

import type { Logger } from '../../../shared/logger.ts';
import type { Cache } from '../../domain/cache.ts';
import type { Context, ReportProgress } from '../../domain/context.ts';
import { Ration } from './ration.ts';
import { encodeError } from './sent-error.ts';
import type { Late, Said, Task } from './task.ts';

/** Nobody follows more steps in a second, or reads more lines. What a call says beyond that is dropped, and of its progress the latest is kept. */
const STEPS_PER_S = 20;
const LINES_PER_S = 100;
const FIELDS_LENGTH_MAX = 16_384;
const MESSAGE_LENGTH_MAX = 1_024;
const SECOND_MS = 1_000;

/** What a tool is given in a thread: of its context, what can cross. All else throws, and says why. */
export function contextIn({ principal, trace, port }: Task): Context {
  const noCache: Cache = {
    get: none('cache'),
    set: none('cache'),
    delete: none('cache'),
    remember: none('cache'),
  };
  return {
    principal,
    trace,
    // Whoever gives up a call ends its thread, so that it never comes to be aborted.
    signal: new AbortController().signal,
    log: logTo(port),
    progress: progressTo(port),
    message: none('message'),
    ask: none('ask'),
    announce: none('announce'),
    release: none('release'),
    db: {
      query: none('db'),
      transaction: none('db'),
      take: none('db'),
      describe: none('db'),
    },
    cache: { ...noCache, shared: noCache },
    fetch: none('fetch'),
  };
}

/** Says of a call that was answered what it did after that. */
export function tellLate(tool: string | undefined, thrown: unknown): void {
  const late: Late = { tool, error: encodeError(thrown) };
  // oxlint-disable-next-line require-post-message-target-origin -- windows have origins, and threads do not
  parentPort?.postMessage(late);
}

function none(what: string): () => Promise<never> {
  return async () => {
    throw new Error(
      `context.${what} is not available in a thread. A tool with isolate: 'thread' has principal, signal, log and progress`,
    );
  };
}

function progressTo(port: MessagePort): ReportProgress {
  const ration = new Ration(STEPS_PER_S, SECOND_MS);
  let latest: Said | undefined;
  let timer: NodeJS.Timeout | undefined;
  const tell = (said: Said): void => {
    latest = undefined;
    port.postMessage(said);
  };
  const catchUp = (): void => {
    timer = undefined;
    if (latest === undefined) return;
    if (ration.take(1) === 1) tell(latest);
    else waitForMore();
  };
  // Timers may be a little early.
  const waitForMore = (): void => {
    timer ??= setTimeout(catchUp, Math.ceil(ration.renewedInMs)).unref();
  };
  return async (progress, total, message: unknown) => {
    const text = typeof message === 'string' ? message.slice(0, MESSAGE_LENGTH_MAX) : undefined;
    const said: Said = { type: 'progress', progress, total, message: text };
    if (ration.take(1) === 1) {
      tell(said);
      return;
    }
    latest = said;
    waitForMore();
  };
}

function logTo(port: MessagePort): Logger {
  const ration = new Ration(LINES_PER_S, SECOND_MS);
  let dropped = 0;
  const at = (level: keyof Logger) => (message: string, fields?: object) => {
    if (ration.take(1) === 0) {
      dropped += 1;
      return;
    }
    const text = message.slice(0, MESSAGE_LENGTH_MAX);
    const all = dropped === 0 ? fields : { ...fields, linesDroppedBefore: dropped };
    dropped = 0;
    const said: Said = { type: 'log', level, message: text, fields: encodeFields(all) };
    port.postMessage(said);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function encodeFields(fields: object | undefined): string | undefined {
  if (fields === undefined) return undefined;
  const json = JSON.stringify(fields, encode);
  return json.length > FIELDS_LENGTH_MAX ? '{"fields":"too long"}' : json;
}

function encode(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return value instanceof Error ? encodeError(value) : value;
}
