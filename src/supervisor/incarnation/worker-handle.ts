import type { CallInFlight, DrainReason, FromSupervisor, FromWorker } from '../../shared/ipc.ts';
import type { Evidence, Infliction } from '../crash.ts';
import type { Crash, Incarnation, SupervisorEvent } from '../events.ts';
import type { Heartbeat, LastExit } from '../snapshot.ts';
import type { TimeLimits } from '../watchdog.ts';
import { WorkerLife } from './worker-life.ts';
import { type Forked, type ProcessEnd, WorkerProcess } from './worker-process.ts';

/** What the machine tells of a process. */
interface HostFacts {
  /** The letter of /proc: R runs, S waits, T is stopped, D waits for a disk. */
  readonly findProcessState: (pid: number) => string | undefined;
  /** How many processes of our cgroup the kernel has killed for memory so far. */
  readonly countOomKills: () => number;
}

export interface WorkerHandleOptions extends Omit<Incarnation, 'pid'> {
  readonly generation: number;
  readonly limits: Omit<TimeLimits, 'waitMs'>;
  readonly host: HostFacts;
  /** Where a worker's event loop is blocked, if a line of its stderr says so. */
  readonly parseHangLine: (line: string) => readonly string[] | undefined;
  readonly emit: (event: SupervisorEvent) => void;
  /** Called for each message, after the handle has heeded it. */
  readonly onMessage: (said: FromWorker, from: WorkerHandle) => void;
  readonly onStderrLine: (line: string) => void;
  /** Says why it ended, once it has, and which calls ran. */
  readonly explain: (
    evidence: Evidence,
    from: WorkerHandle,
  ) => { readonly crash: Crash; readonly calls: readonly CallInFlight[] };
}

/** How an incarnation ended, and why. */
export interface Ending {
  readonly slot: number;
  /** As it was asked to: nothing is held against it. */
  readonly asked: boolean;
  readonly evidence: Evidence;
  readonly readyForMs: number | undefined;
  /** How long it waited for dependencies. */
  readonly waitedMs: number;
  /** The last it said of itself. */
  readonly heartbeat: Heartbeat | undefined;
  readonly crash: Crash;
  readonly exit: LastExit;
}

/** One incarnation of a worker as its supervisor sees it: what it is at, and how to be rid of it. */
export class WorkerHandle implements Incarnation {
  readonly slot: number;
  readonly incarnation: number;
  readonly generation: number;
  readonly pid: number | undefined;
  /** Resolves with the port when it serves. Stays pending if it ends before. */
  readonly ready: Promise<number>;
  readonly exited: Promise<Ending>;
  readonly #options: WorkerHandleOptions;
  readonly #process: WorkerProcess;
  readonly #life: WorkerLife;
  readonly #serves = Promise.withResolvers<number>();
  readonly #oomKillsBefore: number;
  #inflicted: Infliction | undefined;
  #processState: string | undefined;

  constructor(forked: Forked, options: WorkerHandleOptions) {
    this.#options = options;
    const { slot, emit, onStderrLine } = options;
    this.slot = slot;
    this.incarnation = options.incarnation;
    this.generation = options.generation;
    this.ready = this.#serves.promise;
    this.#oomKillsBefore = options.host.countOomKills();
    this.#process = new WorkerProcess(forked, {
      onMessage: (said) => {
        this.#hear(said);
      },
      onStderrLine,
      onChannelError: (code) => {
        emit({ type: 'channel_failed', slot, code });
      },
      onHandlesClosed: (count) => {
        emit({ type: 'handles_closed', slot, count });
      },
      onLost: () => {
        if (!this.#life.isEnding) this.#kill('lost-channel');
      },
    });
    this.pid = this.#process.pid;
    this.#life = new WorkerLife(this.#who(), emit);
    this.exited = this.#process.ended.then((end) => this.#end(end));
  }

  /** Whether it serves. One that is only suspected to hang does. */
  get isReady(): boolean {
    return this.#life.isReady;
  }

  /** Whether it serves, and is heard. */
  get isHeard(): boolean {
    return this.#life.state === 'READY';
  }

  /** Whether it finishes what runs, and then ends. */
  get isDraining(): boolean {
    return this.#life.state === 'DRAINING';
  }

  /** What its agents are offered, as it last said. */
  get toolGeneration(): string | undefined {
    return this.#life.toolGeneration;
  }

  get isWaiting(): boolean {
    return this.#life.state === 'WAITING_DEP';
  }

  /** How long it waited for dependencies. */
  get waitedMs(): number {
    return this.#life.waitedMs;
  }

  /** What a slot shows of it. */
  snapshot(): Incarnation & { readonly generation: number } & ReturnType<WorkerLife['shown']> {
    return { ...this.#who(), generation: this.generation, ...this.#life.shown() };
  }

  /** Should it be gone already, its exit says so. */
  tell(message: FromSupervisor): void {
    this.#process.tell(message);
  }

  /** Lets time pass. Suspects it, or kills it, when its time is over. */
  tick(elapsedMs: number, waitMs: number | undefined): void {
    const overdue = this.#life.tick(elapsedMs, { ...this.#options.limits, waitMs });
    if (overdue === undefined) return;
    if (overdue !== 'suspect') this.#kill(overdue);
    else if (this.#life.state === 'READY') this.#suspect();
  }

  /**
   * Asks the worker to drain, and kills it if it is still there when `deadlineMs` and `graceMs` are
   * over. One that does not serve yet has nothing to finish.
   */
  drain(reason: DrainReason, deadlineMs: number, graceMs: number): void {
    if (this.#life.isEnding) return;
    if (!this.#life.isReady) {
      this.discard();
      return;
    }
    const startedAt = performance.now();
    const { emit } = this.#options;
    const jitterMs = this.#jitterMs(reason);
    const wholeMs = deadlineMs + jitterMs;
    this.#inflicted = 'drain';
    this.#life.enter('DRAINING');
    emit({ type: 'drain_started', reason, deadlineMs: wholeMs, ...this.#who() });
    this.tell({ type: 'drain', deadlineMs: wholeMs, jitterMs, reason });
    let forced = false;
    const overdue = setTimeout(() => {
      forced = true;
      this.discard();
    }, wholeMs + graceMs);
    void this.exited.then(() => {
      clearTimeout(overdue);
      const tookMs = Math.round(performance.now() - startedAt);
      emit({ type: 'drain_finished', tookMs, forced, ...this.#who() });
    });
  }

  /** Ends the worker now, as if it had been asked: nobody waits for it any longer. */
  discard(): void {
    this.#kill('drain');
  }

  /** Sockets that are told to come again shall not all do so at once: 3 s for 5,000 of them. */
  #jitterMs(reason: DrainReason): number {
    const sockets = this.#life.shown().heartbeat?.webSockets ?? 0;
    return reason === 'stop' ? 0 : Math.round((sockets * 3) / 5);
  }

  #hear(said: FromWorker): void {
    this.#life.hear(said);
    if (said.type === 'ready') this.#serves.resolve(said.port);
    this.#options.onMessage(said, this);
  }

  #suspect(): void {
    this.#life.enter('SUSPECT');
    this.#options.emit({
      type: 'worker_suspect',
      silentMs: this.#life.silentMs,
      processState: this.#findProcessState(),
      ...this.#who(),
    });
  }

  #kill(infliction: Infliction): void {
    if (this.#life.state === 'KILLING' || this.#life.state === 'EXITED') return;
    this.#inflicted ??= infliction;
    this.#processState = this.#findProcessState();
    this.#life.enter('KILLING');
    this.#process.kill();
    this.#options.emit({
      type: 'worker_killed',
      reason: infliction,
      processState: this.#processState,
      ...this.#who(),
    });
  }

  #end(processEnd: ProcessEnd): Ending {
    const { emit, explain } = this.#options;
    this.#life.enter('EXITED');
    const { readyForMs } = this.#life;
    const evidence = this.#gather(processEnd);
    const { code, signal, uptimeMs, stderr: stderrTail } = evidence;
    const { crash, calls } = explain(evidence, this);
    const asked = this.#inflicted === 'drain';
    const phase = evidence.served ? 'run' : 'boot';
    const how = { code, signal, uptimeMs, phase } as const;
    emit({
      type: 'worker_exited',
      planned: asked,
      ...how,
      crash: asked ? undefined : crash,
      ...this.#who(),
    });
    const exit = { at: Date.now(), ...how, crash, stderrTail, stack: stackOf(evidence), calls };
    const { slot, waitedMs } = this;
    const { heartbeat } = this.#life.shown();
    return { slot, asked, evidence, readyForMs, waitedMs, heartbeat, crash, exit };
  }

  #gather({ stderr, ...how }: ProcessEnd): Evidence {
    const { host, parseHangLine } = this.#options;
    const hangLine = stderr.findLast((line) => parseHangLine(line) !== undefined);
    return {
      ...how,
      ...this.#life.testimony(),
      inflicted: this.#inflicted,
      stderr: stderr.filter((line) => parseHangLine(line) === undefined),
      oomKills: host.countOomKills() - this.#oomKillsBefore,
      processState: this.#processState,
      hangStack: (hangLine === undefined ? undefined : parseHangLine(hangLine)) ?? [],
      silentMs: this.#life.silentMs,
      uptimeMs: this.#life.uptimeMs,
    };
  }

  #findProcessState(): string | undefined {
    return this.pid === undefined ? undefined : this.#options.host.findProcessState(this.pid);
  }

  #who(): Incarnation {
    return { slot: this.slot, incarnation: this.incarnation, pid: this.pid };
  }
}

/** Where it was: that of the hang, or that of its last words, without the message. */
function stackOf({ hangStack, lastWords }: Evidence): readonly string[] {
  if (hangStack.length > 0) return hangStack;
  const lines = lastWords?.stack?.split('\n') ?? [];
  return lines.filter((line) => /^\s+at /.test(line)).map((line) => line.trim());
}
