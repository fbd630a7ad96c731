import type { Config } from '../shared/config.ts';
import { parseHangLine } from '../shared/hang-line.ts';
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
import { writeToJournal } from './journal.ts';
import { createSupervisor, PORT_ATTEMPTS_MAX } from './launch.ts';
import { openTools, type Tools } from './open-tools.ts';
import { openOperatorsEndpoint } from './operators-endpoint.ts';
import type { Outer } from './outer/outer.ts';
import type { Supervisor } from './supervisor.ts';
import { keepUp } from './upkeep.ts';
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
  /** What we found in our own. */
  readonly environment: NodeJS.ProcessEnv;
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
  readonly #tools: Tools;
  #port: number;
  #urls: EmbeddedUrls = {};
  #hasServed = false;

  constructor(options: ServiceOptions) {
    const { config, history, bin } = options;
    this.#options = options;
    this.#port = config.port;
    this.#events = new EventLog({ redact: options.redact, now: () => Date.now() });
    this.#keeper = new HistoryKeeper(history, config.supervision.healthyMs);
    const shared = {
      config,
      bin,
      emit: (event: SupervisorEvent): void => {
        this.emit(event);
      },
    };
    this.#tools = openTools({
      ...shared,
      log: options.log,
      urls: () => this.#urls,
      environment: () => ({ ...options.environment, ...this.#environmentOfWorkers() }),
      supervisor: () => this.supervisor,
      stopping: this.stopping,
      onLine: (line) => {
        this.#passOn(line);
      },
    });
    this.supervisor = createSupervisor({
      ...shared,
      tools: this.#tools.reload,
      environment: () => this.#environmentOfWorkers(),
      onMetrics: ({ families }, which) => {
        this.#metrics.receive(which, families);
      },
      onStderrLine: (line) => {
        // What is meant for us shows in the state.
        if (parseHangLine(line) === undefined) this.#passOn(line);
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
    const { config, log, environment, bin, history } = this.#options;
    const { supervisor } = this;
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
    this.#urls = await startEmbedded(
      { config, redisSubstitute, searchPath: environment.PATH ?? '', log },
      opened,
    );
    this.#tools.generations.open(this.#tools.paths());
    if (this.stopping.aborted) supervisor.stop();
    const emit = (event: SupervisorEvent): void => {
      this.emit(event);
    };
    opened.use(keepUp({ config, supervisor, tools: this.#tools, emit, log }));
    const fatality = await supervisor.run();
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
    const { reload } = this.#tools;
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
        tools: () => reload.details(),
        reloadTools: () => reload.order(),
        rollBackTools: () => reload.rollback(),
      },
    });
  }

  #environmentOfWorkers(): NodeJS.ProcessEnv {
    const { config, environment } = this.#options;
    return environmentOfWorkers(config, this.#urls, {
      port: this.#port,
      compileCache: environment.NODE_COMPILE_CACHE,
      threads: environment.UV_THREADPOOL_SIZE,
    });
  }

  /** Whoever reads our stderr may be slow, and then lines are dropped. */
  #passOn(line: string): void {
    if (process.stderr.writableLength > STDERR_BACKLOG_BYTES_MAX) return;
    process.stderr.write(`${this.#options.redact(line)}\n`);
  }
}
