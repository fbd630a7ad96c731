import type { Config } from '../shared/config.ts';
import { parseHangLine } from '../shared/hang-line.ts';
import { rotateLogFile } from '../shared/log-file.ts';
import type { OwnLogger } from '../shared/logger.ts';
import { EventLog } from './admin/event-log.ts';
import { SupervisorMetrics } from './admin/metrics.ts';
import { SelfGauge } from './admin/self-gauge.ts';
import { findAgentsPort } from './agents-port.ts';
import { AuditRelay } from './audit-relay.ts';
import type { Fatality } from './crash-ledger.ts';
import { type EmbeddedUrls, startEmbedded } from './embedded/embedded.ts';
import type { SupervisorEvent, SupervisorState } from './events.ts';
import type { FatalReport } from './fatal/fatal-report.ts';
import type { History } from './fatal/history.ts';
import { HistoryKeeper } from './fatal/history-keeper.ts';
import { Recycler } from './host/recycler.ts';
import { writeToJournal } from './journal.ts';
import { createSupervisor, findMemoryBudget, PORT_ATTEMPTS_MAX } from './launch.ts';
import { openOperatorsEndpoint } from './operators-endpoint.ts';
import type { Outer } from './outer/outer.ts';
import type { Supervisor } from './supervisor.ts';
import { environmentOfWorkers } from './worker-environment.ts';

export interface ServiceOptions {
  readonly config: Config;
  readonly configHash: string | undefined;
  readonly history: History;
  readonly outer: Outer;
  readonly version: string;
  /** The commit that was built, if it is known. */
  readonly gitSha: string | undefined;
  /** `bin/holdfast.js`. */
  readonly bin: string;
  readonly searchPath: string;
  /** Where compiled code is kept, if somebody said so. */
  readonly compileCache: string | undefined;
  /** Lines that could not be written, by the code of the error. */
  readonly logWriteErrors: ReadonlyMap<string, number>;
  readonly findReport: () => FatalReport | undefined;
  /** Called when it was decided to end, before what runs is finished. */
  readonly onFatality: (fatality: Fatality) => void;
  /** Checks the configuration anew. Throws a `Failure` if it is wrong by now. */
  readonly checkConfig: () => void;
  /** Called once, when every slot has a worker that serves. */
  readonly onServing: (port: number) => void;
  readonly redact: (text: string) => string;
  readonly log: OwnLogger;
}

/** What of workers' stderr may wait for whoever reads ours. The rest is dropped. */
const STDERR_BACKLOG_BYTES_MAX = 1_048_576;
const EXTEND_MS = 30_000;
/** What may take longer than an outer supervisor waits for. */
const LONG: ReadonlySet<SupervisorState> = new Set(['BOOTING', 'STOPPING', 'FATAL']);

/** All that runs for one configuration: the supervisor, what it needs, and those who want to know what happens. */
export class Service {
  readonly supervisor: Supervisor;
  readonly #options: ServiceOptions;
  readonly #events: EventLog;
  readonly #metrics = new SupervisorMetrics();
  readonly #keeper: HistoryKeeper;
  readonly #audit = new AuditRelay((message) => this.supervisor.tell(message, 'one'));
  readonly #stopping = new AbortController();
  #port: number;
  #urls: EmbeddedUrls = {};
  #hasServed = false;

  constructor(options: ServiceOptions) {
    const { config, history, redact, bin } = options;
    this.#options = options;
    this.#port = config.port;
    this.#events = new EventLog({ redact, now: () => Date.now() });
    this.#keeper = new HistoryKeeper(history, config.supervision.healthyMs);
    this.supervisor = createSupervisor({
      config,
      bin,
      environment: () =>
        environmentOfWorkers(config, this.#urls, {
          port: this.#port,
          compileCache: options.compileCache,
        }),
      emit: (event) => {
        this.emit(event);
      },
      onMetrics: ({ families }, which) => {
        this.#metrics.receive(which, families);
      },
      onStderrLine: (line) => {
        // What is meant for us shows in the state. Whoever reads ours may be slow, and then lines are dropped.
        const isFull = process.stderr.writableLength > STDERR_BACKLOG_BYTES_MAX;
        if (isFull || parseHangLine(line) !== undefined) return;
        process.stderr.write(`${redact(line)}\n`);
      },
      onTick: () => {
        this.tellOuter();
      },
      onFatality: options.onFatality,
    });
  }

  /** Aborted once we are told to stop. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /**
   * Runs until told to stop, or until it has to be given up. What it opens is closed with `opened`:
   * operators may ask until the very end.
   */
  async run(opened: AsyncDisposableStack): Promise<Fatality | undefined> {
    const { config, log, searchPath, bin, history } = this.#options;
    const { host, port, supervision } = config;
    opened.use(this.#keeper);
    opened.use(await this.#openEndpoint(opened.use(new SelfGauge())));
    this.#port = await findAgentsPort({
      host,
      port,
      log,
      attemptsMax: PORT_ATTEMPTS_MAX,
      backoffMs: supervision.backoffMs,
      stopping: this.stopping,
    });
    const redisSubstitute = [process.execPath, bin, 'embedded-redis'] as const;
    this.#urls = await startEmbedded({ config, redisSubstitute, searchPath, log }, opened);
    if (this.stopping.aborted) this.supervisor.stop();
    this.#lookAfterMemory(opened);
    this.#lookAfterLog(opened);
    const fatality = await this.supervisor.run();
    if (fatality === undefined) history.add({ type: 'stop' });
    return fatality;
  }

  /** Drains. Says whether that is new. */
  stop(): 'accepted' | 'busy' {
    if (this.stopping.aborted) return 'busy';
    this.#options.outer.stopping();
    this.#stopping.abort();
    this.supervisor.stop();
    return 'accepted';
  }

  /** Replaces all workers. A configuration that is wrong is refused before anything is touched. */
  reload(): 'accepted' | 'busy' | 'unfit' {
    const { checkConfig, log } = this.#options;
    try {
      checkConfig();
    } catch (error) {
      log.error('reload is refused: the configuration is wrong by now', { error });
      return 'unfit';
    }
    const outcome = this.supervisor.reload();
    if (outcome === 'busy')
      log.warn('reload is refused: workers are being replaced, or none serves');
    return outcome;
  }

  /** Says to everybody who wants to know what happens. */
  emit(event: SupervisorEvent): void {
    const { outer, log, onServing } = this.#options;
    this.#events.add(event);
    this.#metrics.observe(event);
    this.#keeper.heed(event);
    writeToJournal(log, event);
    switch (event.type) {
      case 'worker_exited':
        this.#metrics.retire(event);
        return;
      case 'reload_started':
        outer.reloading();
        return;
      case 'worker_ready':
        this.#audit.passOn();
        // In a reload, whoever is told waits for its end.
        if (!this.supervisor.snapshot().reload.active) outer.ready();
        return;
      case 'reload_finished':
        outer.ready();
        return;
      case 'state_changed':
        if (event.to !== 'RUNNING' || this.#hasServed) return;
        this.#hasServed = true;
        onServing(this.#port);
        return;
      default:
    }
  }

  /** Tells whoever stands outside that we live, and how we are. */
  tellOuter(): void {
    const { outer } = this.#options;
    const { state, stateReason } = this.supervisor.snapshot();
    outer.alive();
    outer.status(stateReason);
    // What takes long is not to be taken for a hang, for as long as we look after it.
    if (LONG.has(state)) outer.extend(EXTEND_MS);
  }

  #openEndpoint(gauge: SelfGauge): ReturnType<typeof openOperatorsEndpoint> {
    const { supervisor } = this;
    return openOperatorsEndpoint({
      ...this.#options,
      gauge,
      events: this.#events,
      metrics: this.#metrics,
      outer: this.#options.outer.kind,
      audit: (entry) => {
        this.#audit.record(entry);
      },
      source: {
        snapshot: () => supervisor.snapshot(),
        reload: () => this.reload(),
        recycle: (slot) => supervisor.recycle(slot, 'operator'),
        scale: (workers) => supervisor.scale(workers),
        drain: () => this.stop(),
        release: (fingerprint) => supervisor.release(fingerprint),
      },
    });
  }

  #lookAfterMemory(opened: AsyncDisposableStack): void {
    const { config } = this.#options;
    const { recycleGapMs: gapMs, memoryCheckMs: everyMs } = config.supervision;
    const recycler = new Recycler({
      limitsFor: (workerCount) => {
        const { recycleBytes } = findMemoryBudget(config, workerCount);
        return recycleBytes === undefined ? undefined : { recycleBytes, gapMs };
      },
      everyMs,
      snapshot: () => this.supervisor.snapshot(),
      recycle: (slot, reason) => this.supervisor.recycle(slot, reason),
      emit: (event) => {
        this.emit(event);
      },
    });
    opened.use(recycler);
  }

  /** We alone rotate the file that all write to; the others are told. */
  #lookAfterLog(opened: AsyncDisposableStack): void {
    const { config, log } = this.#options;
    const { file, fileBytesMax, fileCheckMs } = config.log;
    if (file === undefined) return;
    const timer = setInterval(() => {
      if (!rotateLogFile(file, fileBytesMax)) return;
      log.reopenFile();
      this.supervisor.tell({ type: 'reopen-log' });
    }, fileCheckMs);
    opened.defer(() => {
      clearInterval(timer);
    });
  }
}
