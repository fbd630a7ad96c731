import { setTimeout as sleep } from 'node:timers/promises';

import type { Logger } from '../../../shared/logger.ts';
import type { Implementation } from '../../protocol/era.ts';
import type { LiveTools } from '../load/loaded.ts';
import type { Tool } from '../tool.ts';
import { Attendant, type Attention } from './attendant.ts';
import { callOver } from './call-mounted.ts';
import { HttpWire } from './http-wire.ts';
import { Link } from './link.ts';
import { lossOf } from './loss.ts';
import type { MountedObserver } from './observer.ts';
import type { ProcessGroups } from './process-groups.ts';
import { type FailureRecord, judgeFailure, NO_FAILURES, type RestartPolicy } from './restart.ts';
import { type CallMounted, type LeftOut, Roster } from './roster.ts';
import { Secrets } from './secrets.ts';
import type { MountedServer } from './server.ts';
import { StdioWire } from './stdio-wire.ts';
import { awayFailure, type Loss, type Receiver, Unstartable, type Wire } from './wire.ts';

/** How patient we are with a server. */
export interface MountPatience extends Attention, RestartPolicy {
  /** How long its tools are still listed after it went away. */
  readonly graceMs: number;
}

export interface MountOptions {
  readonly server: MountedServer;
  readonly patience: MountPatience;
  readonly groups: ProcessGroups;
  /** Who we are. */
  readonly self: Implementation;
  readonly observer: MountedObserver;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly log: Logger;
}

/** What the first attempt came to. */
export type FirstAttempt =
  | { readonly kind: 'up'; readonly leftOut: readonly LeftOut[] }
  | { readonly kind: 'away'; readonly reason: string }
  /** It is the file that is wrong, and nothing else is tried. */
  | { readonly kind: 'unstartable'; readonly reason: string };

const RETRY_AFTER_MS = { min: 1_000, max: 60_000 } as const;
/** What is said at one time of tools that are left out. */
const LEFT_OUT_SHOWN = 20;

/** A server whose tools are served: kept running, or asked again and again, until disposed of. */
export class Mount implements LiveTools {
  readonly source: string;
  /** Resolves when the first attempt is over. */
  readonly first: Promise<FirstAttempt>;
  readonly #options: MountOptions;
  readonly #secrets: Secrets;
  readonly #given: Secrets;
  readonly #roster: Roster;
  readonly #stop = new AbortController();
  readonly #heeding = new Set<() => void>();
  readonly #settleFirst: (attempt: FirstAttempt) => void;
  readonly #kept: Promise<void>;
  /** There while it can be called. */
  #up: { readonly link: Link; readonly attendant: Attendant } | undefined;
  #record: FailureRecord = NO_FAILURES;
  #nextAttemptAt = 0;
  /** Of the last list. */
  #leftOut: readonly LeftOut[] = [];
  #grace: NodeJS.Timeout | undefined;

  constructor(options: MountOptions) {
    const { server } = options;
    this.#options = options;
    this.source = server.name;
    this.#secrets = new Secrets(server.secrets);
    this.#given = new Secrets([...server.secrets, ...server.given]);
    this.#roster = new Roster(server, this.#callOf);
    const { promise, resolve } = Promise.withResolvers<FirstAttempt>();
    this.first = promise;
    this.#settleFirst = resolve;
    this.#kept = this.#keep();
  }

  get tools(): readonly Tool[] {
    return this.#roster.tools;
  }

  onChange(heed: () => void): Disposable {
    this.#heeding.add(heed);
    return { [Symbol.dispose]: () => this.#heeding.delete(heed) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('It is no longer mounted'));
    await this.#kept;
    clearTimeout(this.#grace);
    this.#heeding.clear();
    this.#options.observer[Symbol.dispose]();
  }

  get #callOf(): CallMounted {
    return (name, mirrored) => async (given, context) => {
      const { server, observer } = this.#options;
      const up = this.#up;
      if (up === undefined) {
        observer.end('unavailable');
        throw awayFailure(server.name, this.#retryAfterMs());
      }
      try {
        return await callOver(up.link, given, context, {
          server: server.name,
          name,
          mirrored,
          onEnd: observer.end,
        });
      } catch (error) {
        // Over HTTP nothing else tells that it is gone.
        if (server.kind === 'http') up.attendant.lookSoon();
        throw error;
      }
    };
  }

  #retryAfterMs(): number {
    const leftMs = Math.ceil(this.#nextAttemptAt - performance.now());
    return Math.min(Math.max(leftMs, RETRY_AFTER_MS.min), RETRY_AFTER_MS.max);
  }

  /** Ends when disposed of, with nothing running. */
  async #keep(): Promise<void> {
    const { observer, patience, random, server } = this.#options;
    const { signal } = this.#stop;
    for (;;) {
      const ended = await this.#serve();
      if (ended === undefined || signal.aborted) return;
      const now = performance.now();
      const failure = { servedMs: ended.servedMs, now, random: random() };
      const { record, delayMs, rests } = judgeFailure(this.#record, failure, patience);
      this.#record = record;
      // To ask a server elsewhere costs nobody anything, and it is to be back when it is.
      const waitMs = rests && server.kind === 'http' ? patience.backoffMaxMs : delayMs;
      this.#nextAttemptAt = now + waitMs;
      this.#report(ended.loss, rests, waitMs);
      this.#settleFirst({ kind: 'away', reason: ended.loss.reason });
      await sleep(waitMs, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      observer.restart();
    }
  }

  /** Resolves when it is gone, with why; with nothing if it makes no sense to try again. */
  async #serve(): Promise<{ readonly loss: Loss; readonly servedMs: number } | undefined> {
    const { signal } = this.#stop;
    try {
      const inTime = AbortSignal.any([
        signal,
        AbortSignal.timeout(this.#options.patience.answerMs),
      ]);
      let attendant: Attendant | undefined;
      await using link = await this.#open(inTime, () => attendant?.lookSoon());
      attendant = new Attendant({
        link,
        attention: this.#options.patience,
        take: (listed) => this.#take(listed),
        stop: signal,
      });
      await attendant.look();
      this.#beUp({ link, attendant });
      const upAt = performance.now();
      const loss = await attendant.attend();
      this.#beDown();
      return { loss, servedMs: performance.now() - upAt };
    } catch (error) {
      if (signal.aborted) return undefined;
      const isFirst = this.#record.inARow === 0;
      if (!(error instanceof Unstartable) || !isFirst) return { loss: lossOf(error), servedMs: 0 };
      this.#settleFirst({ kind: 'unstartable', reason: error.message });
      return undefined;
    }
  }

  #open(signal: AbortSignal, onChanged: () => void): Promise<Link> {
    const { server, self, groups, log } = this.#options;
    const openWire = async (receiver: Receiver): Promise<Wire> => {
      if (server.kind === 'http') return new HttpWire(server, receiver);
      const onStderr = (line: string): void => {
        log.debug('mounted server printed', {
          server: server.name,
          line: this.#given.strike(line),
        });
      };
      return StdioWire.open({ server, receiver, groups, onStderr });
    };
    const onGarbage = (): void => {
      log.warn('mounted server says what is no message', { server: server.name });
    };
    const { name } = server;
    return Link.open(
      { name, openWire, secrets: this.#secrets, self, onChanged, onGarbage },
      signal,
    );
  }

  async #take(listed: readonly unknown[]): Promise<void> {
    const { isChanged, leftOut } = await this.#roster.adopt(listed);
    this.#leftOut = leftOut;
    for (const { name, message } of leftOut.slice(0, LEFT_OUT_SHOWN)) {
      this.#options.log.warn('mounted tool is left out', {
        server: this.source,
        tool: name,
        reason: message,
      });
    }
    if (isChanged) this.#tellChanged();
  }

  #tellChanged(): void {
    for (const heed of this.#heeding) heed();
  }

  #beUp(up: { readonly link: Link; readonly attendant: Attendant }): void {
    const { observer, log } = this.#options;
    clearTimeout(this.#grace);
    this.#up = up;
    observer.up(true);
    log.info('mounted server is up', { server: this.source, tools: this.tools.length });
    this.#settleFirst({ kind: 'up', leftOut: this.#leftOut });
  }

  #beDown(): void {
    this.#up = undefined;
    this.#options.observer.up(false);
    // Most are back before an agent would have looked.
    this.#grace = setTimeout(() => {
      this.#roster.clear();
      this.#tellChanged();
    }, this.#options.patience.graceMs).unref();
  }

  #report({ stderr = [], ...how }: Loss, rests: boolean, retryMs: number): void {
    const { log } = this.#options;
    const said = {
      server: this.source,
      ...how,
      stderr: stderr.map((line) => this.#given.strike(line)),
      retryMs,
    };
    if (rests) log.error('mounted server keeps failing', said);
    else if (this.#record.inARow === 1) log.warn('mounted server is away', said);
    else log.debug('mounted server is still away', said);
  }
}
