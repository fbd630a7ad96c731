/** A worker's process: reads the environment, wires, and sets the exit code. */
import { flushCompileCache } from 'node:module';

import { type Config, readConfig } from '../shared/config.ts';
import { Failure } from '../shared/errors.ts';
import { ExitCode, exitCodeOf } from '../shared/exit-codes.ts';
import {
  type DependencyReport,
  type FromSupervisor,
  IPC_VERSION,
  type Phase,
  parseWorkerRole,
} from '../shared/ipc.ts';
import { createLogger } from '../shared/logger.ts';
import { readPackage } from '../shared/package.ts';
import { redactorOf } from '../shared/redact.ts';
import type { Catalogues } from './catalogues.ts';
import { Channel } from './channel.ts';
import { GenerationOrders } from './generation-orders.ts';
import { lastWordsOf } from './last-words.ts';
import { METHOD_NAMES } from './methods/methods.ts';
import { Breadcrumbs } from './observe/breadcrumbs.ts';
import { CallsInFlight } from './observe/calls-in-flight.ts';
import { BLOCKED_MS, watchForHangs } from './observe/hang-watch.ts';
import { HealthCheck } from './observe/health.ts';
import { MemoryReturn } from './observe/memory-return.ts';
import { WorkerMetrics } from './observe/metrics.ts';
import { MetricsPush } from './observe/metrics-push.ts';
import { MountedCounts } from './observe/mounted.ts';
import { Prober } from './observe/prober.ts';
import { showProgress } from './observe/progress.ts';
import { VitalSigns } from './observe/vital-signs.ts';
import { openCatalogues } from './open-catalogues.ts';
import { type OpenService, openService } from './open-service.ts';
import { keepServed, proveServed } from './prove-served.ts';
import { openStores, type Stores } from './store/stores.ts';
import { installKeptModules } from './tools/load/kept-modules.ts';
import { getToolSources } from './tools/load/source.ts';
import { loadAjv } from './tools/schema.ts';

const { version } = readPackage();
const role = parseWorkerRole(process.env);
let redact = redactorOf(process.env);
const speaker = {
  human: process.stdout.isTTY,
  redact: (text: string): string => redact(text),
  fields: { process: 'worker', pid: process.pid, slot: role.slot },
};
let log = createLogger({ level: 'info', file: undefined, ...speaker });
const health = new HealthCheck();
const channel = new Channel(process, heed);
const calls = new CallsInFlight({
  breadcrumbs:
    role.breadcrumbs === undefined
      ? undefined
      : new Breadcrumbs(role.breadcrumbs, (error) => {
          log.warn('breadcrumbs cannot be written', { error });
        }),
  tell: (message) => {
    channel.tell(message);
  },
});
const generations = new GenerationOrders((answer) => {
  channel.tell(answer);
});
/** Absent until agents are served. */
let serving: OpenService | undefined;
const signs = new VitalSigns(() => ({
  ...(serving?.service.countSockets() ?? { webSockets: 0, http: 0 }),
  inFlight: calls.count,
  oldestInFlightMs: calls.oldestMs,
}));
const memoryReturn = new MemoryReturn();
let prober: Prober | undefined;

process.once('uncaughtException', (error) => {
  die('worker failed', error);
});
// The supervisor decides when we stop. Ctrl-C, pm2 and systemd tell the whole group. Node would open its inspector at SIGUSR1.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const) {
  process.on(signal, () => undefined);
}
channel.tell({ type: 'hello', version: IPC_VERSION, build: version, node: process.version });

try {
  const config = readConfig(process.env, process.cwd());
  const { databaseUrl: DATABASE_URL, redisUrl: REDIS_URL } = config;
  redact = redactorOf({ ...process.env, DATABASE_URL, REDIS_URL });
  log = createLogger({ ...config.log, ...speaker });
  setInterval(() => {
    channel.tell(signs.read());
    memoryReturn.heed(signs.last);
  }, config.supervision.heartbeatMs).unref();
  // It goes first, and may hang where others will not.
  if (role.canary) watchHangs(config);
  await run(config);
  process.exit(ExitCode.Stopped);
} catch (error) {
  die(serving === undefined ? 'worker cannot start' : 'worker failed', error);
}

/** What others than the canary do not need before they serve. */
function finishStart(config: Config): void {
  watchHangs(config);
  setImmediate(loadAjv);
}

/** Finds out where we are blocked, well before the supervisor ends us for it. */
function watchHangs({ hangStack, supervision }: Config): void {
  if (!hangStack) return;
  watchForHangs({
    silenceMs: Math.min(BLOCKED_MS, supervision.suspectMs / 2),
    root: process.cwd(),
    onFailure: (error) => {
      log.warn('hangs are no longer looked into', { error });
    },
  });
}

/** Serves until told to drain. Whatever was opened is closed again, last first, however it ends. */
async function run(config: Config): Promise<void> {
  const { databaseUrl, redisUrl, supervision } = config;
  if (!channel.isOpen || databaseUrl === undefined || redisUrl === undefined) {
    throw new Failure('invalid', 'A worker is started by its supervisor', {
      remedy: 'Run "holdfast start".',
    });
  }
  const { deadlineMs, generation } = await channel.go;
  const sources = getToolSources(config.stateFolder, generation);
  installKeptModules();
  enter('connecting');
  await using stores = await openStores({
    databaseUrl,
    redisUrl,
    connectionsMax: config.dbPoolMax,
    sessions: config.sessions,
    deadlineMs,
    report,
    log,
  });
  if (role.canary) {
    // Nobody but the canary migrates.
    const { prepareDatabases } = await import('./prepare-databases.ts');
    await prepareDatabases({
      url: databaseUrl,
      version,
      sources,
      bootstrapTokenFile: config.identity.bootstrapTokenFile,
      log,
      enter: (phase) => {
        enter(phase, supervision.setupMs);
      },
      showProgress,
    });
  }
  const mounted = new MountedCounts();
  const observer = new WorkerMetrics({
    methods: METHOD_NAMES,
    isTool: (name) => catalogues.tools.find(name) !== undefined,
    heldBack: () => catalogues.served.heldBack.length,
    pool: () => stores.pool,
    vitals: () => signs.last,
    mounted,
  });
  enter('loading-tools');
  await using opened = new AsyncDisposableStack();
  const { env: environment } = process;
  const isCanary = role.canary;
  const of = { config, generation, isCanary, stores, observer, mounted, environment, log };
  const catalogues = await openCatalogues(of, opened);
  generations.open(catalogues);
  using asking = new Prober({
    probe: stores.probe,
    everyMs: supervision.probeMs,
    timeoutMs: supervision.probeTimeoutMs,
    report,
  });
  prober = asking;
  await serve(config, stores, catalogues, observer);
}

/** Serves until told to drain, and drains. */
async function serve(
  config: Config,
  stores: Stores,
  catalogues: Catalogues,
  observer: WorkerMetrics,
): Promise<void> {
  await using opened = new AsyncDisposableStack();
  enter('listening');
  // It pushes once more when we are done: what was counted while we drained is not lost.
  opened.use(
    new MetricsPush({
      read: () => observer.read(),
      send: (message) => channel.deliver(message),
      onError: (error) => {
        log.warn('metrics were not sent', { error });
      },
    }),
  );
  serving = opened.use(
    await openService({
      config,
      version,
      stores,
      catalogues,
      health,
      observer,
      runCall: (tool, given, work) => calls.run(tool, given, work),
      log,
    }),
  );
  const { service, callTool } = serving;
  const { served } = catalogues;
  log.info('worker serves', { tools: served.lists.tools.tools.length, generation: served.id });
  channel.tell({ type: 'ready', port: service.port, generation: served.id });
  // A worker that is killed writes no cache, so it is written now.
  flushCompileCache();
  const { stateFolder } = config;
  if (role.canary) void proveServed({ served, stateFolder, callTool, redact, log });
  else setImmediate(finishStart, config);
  // What operators approve is what is told by now.
  opened.use(
    catalogues.onServed((what) => {
      if (what === 'generation') return;
      keepServed({ served: catalogues.served, stateFolder, redact, log });
    }),
  );
  const drain = await channel.drain;
  health.drain();
  channel.tell({ type: 'drained', webSocketsCut: await service.drain(drain) });
}

function heed(said: FromSupervisor): void {
  switch (said.type) {
    case 'reopen-log':
      log.reopenFile();
      return;
    case 'probe':
      if (said.on) prober?.start();
      else prober?.stop();
      return;
    case 'dependencies':
      health.update(said.dependencies);
      return;
    case 'quarantine':
      calls.quarantine(said.calls);
      return;
    case 'breadcrumbs':
      calls.leaveBreadcrumbs(said.on);
      return;
    case 'audit':
      recordAdministration(said);
      return;
    case 'generation':
      generations.heed(said);
      return;
    case 'announce':
      for (const list of said.lists) void serving?.announce({ list });
      return;
    // The channel's promises stand for these.
    case 'go':
    case 'drain':
  }
}

/** Writes down what operators did. What they do before there is an audit, they are not told is done. */
function recordAdministration({
  type: _type,
  at,
  ...entry
}: Extract<FromSupervisor, { type: 'audit' }>): void {
  const of = { who: undefined, argumentsHash: undefined, durationMs: undefined };
  serving?.audit.record({ ...of, ...entry }, at);
}

function enter(name: Phase, limitMs?: number): void {
  channel.tell({ type: 'phase', name, limitMs });
}

function report(dependency: DependencyReport): void {
  channel.tell({ type: 'dependency', ...dependency });
}

/** Says why, to the log and to the supervisor, and ends. */
function die(message: string, error: unknown): void {
  const failure = error instanceof Failure ? error : undefined;
  const why = failure === undefined ? { error } : { reason: failure.message, cause: failure.cause };
  log.error(message, why);
  const exitCode = exitCodeOf(error);
  const last = { redact, isServing: serving !== undefined, calls: calls.suspects() };
  channel.tellLast(lastWordsOf(error, last), () => {
    process.exit(exitCode);
  });
}
