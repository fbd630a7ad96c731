/** The supervisor's process: reads the environment, wires, and sets the exit code. */
import cluster from 'node:cluster';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { type Config, readConfig } from '../shared/config.ts';
import { Failure } from '../shared/errors.ts';
import { ExitCode, exitCodeOf } from '../shared/exit-codes.ts';
import { encodeWorkerRole } from '../shared/ipc.ts';
import { listen } from '../shared/listen.ts';
import { rotateLogFile } from '../shared/log-file.ts';
import { createLogger } from '../shared/logger.ts';
import { findMisspelled } from '../shared/misspelled.ts';
import { readPackage } from '../shared/package.ts';
import { redactorOf } from '../shared/redact.ts';
import { VARIABLES } from '../shared/variables.ts';
import { type EmbeddedUrls, startEmbedded } from './embedded/embedded.ts';
import { StateFolder } from './state-folder.ts';
import { Supervisor } from './supervisor.ts';
import { welcome } from './welcome.ts';
import { WorkerHandle } from './worker-handle.ts';

const BOOT_FAILURES_MAX = 5;
const SCORE_MAX_MIN = 6;
const SCORE_MAX_OF_WORKER = 3;
const SCORE_HALF_LIFE_MS = 300_000;
const STABLE_MS = 60_000;
/** A terminal's Ctrl-C reaches us twice: from itself, and from npm, which passes it on. */
const ECHO_MS = 500;
/** What a worker may take beyond its drain to close what it holds. */
const STOP_MARGIN_MS = 2_000;

const startedAt = performance.now();
const holdfast = readPackage();
const bin = join(holdfast.root, 'bin', 'holdfast.js');
const speaker = {
  human: process.stdout.isTTY,
  redact: redactorOf(process.env),
  fields: { process: 'supervisor', pid: process.pid },
};
let log = createLogger({ level: 'info', file: undefined, ...speaker });

try {
  const config = readConfig(process.env, process.cwd());
  const { databaseUrl: DATABASE_URL, redisUrl: REDIS_URL } = config;
  const redact = redactorOf({ ...process.env, DATABASE_URL, REDIS_URL });
  log = createLogger({ ...config.log, ...speaker, redact });
  process.exitCode = await supervise(config);
} catch (error) {
  process.exitCode = exitCodeOf(error);
  const why = error instanceof Failure ? { reason: error.message, cause: error.cause } : { error };
  log.error('cannot start', { ...why, exitCode: process.exitCode });
}

/** Runs until told to stop. Whatever was opened is closed again, last first, however it ends. */
async function supervise(config: Config): Promise<ExitCode> {
  await using opened = new AsyncDisposableStack();
  const stop = listenForStop();
  announce(config);
  opened.use(new StateFolder(config.stateFolder));
  await requireFreePort(config);
  const urls = await startEmbedded(
    {
      config,
      redisSubstitute: [process.execPath, bin, 'embedded-redis'],
      searchPath: process.env.PATH ?? '',
      log,
    },
    opened,
  );
  const supervisor = createSupervisor(config, environmentOfWorkers(config, urls));
  if (stop.exitCode !== undefined) return stop.exitCode;
  stop.onStop = (exitCode) => {
    supervisor.stop(exitCode);
  };
  const rotating = setInterval(() => {
    rotateLog(config.log, supervisor);
  }, config.log.fileCheckMs);
  const exitCode = await supervisor.run();
  clearInterval(rotating);
  log.info('workers are gone', { exitCode });
  return exitCode;
}

function announce({ env, host, port, workers, stateFolder }: Config): void {
  for (const { name, meant } of findMisspelled(process.env, Object.keys(VARIABLES))) {
    log.warn('variable is unknown', { name, meant });
  }
  const { version } = holdfast;
  const node = process.version;
  log.info('starting', { version, node, env, host, port, workers, stateFolder });
}

/** What stops us: a signal, or a bug of ours. */
interface Stop {
  /** How we are to end, once something has stopped us. */
  exitCode: ExitCode | undefined;
  /** Called each time: the first asks, a later one hurries. */
  onStop: (exitCode: ExitCode) => void;
}

function listenForStop(): Stop {
  const stop: Stop = { exitCode: undefined, onStop: () => undefined };
  const stopWith = (exitCode: ExitCode): void => {
    stop.exitCode ??= exitCode;
    stop.onStop(exitCode);
  };
  let heardAt = Number.NEGATIVE_INFINITY;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      const now = performance.now();
      if (now - heardAt < ECHO_MS) return;
      heardAt = now;
      log.info('stopping', { signal });
      stopWith(ExitCode.Stopped);
    });
  }
  process.on('uncaughtException', (error) => {
    log.error('supervisor failed', { error });
    stopWith(ExitCode.Software);
  });
  return stop;
}

/** Better now than after the databases have been set up: a worker could only say the same. */
async function requireFreePort({ host, port }: Config): Promise<void> {
  if (port === 0) return;
  const server = createServer();
  await listen(server, host, port);
  server.close();
  await once(server, 'close');
}

function createSupervisor(config: Config, environment: object): Supervisor {
  // A worker that hangs then swallows one connection, and not its share of all.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({
    // The worker is a path here and not an import: the supervisor must outlive its mistakes.
    exec: bin,
    args: ['worker'],
    // In a clone, tools import this package by name and get its sources.
    execArgv: import.meta.url.endsWith('.ts') ? ['--conditions=source'] : [],
  });
  return new Supervisor({
    workerCount: config.workers,
    budget: {
      ...config.restarts,
      bootFailuresMax: BOOT_FAILURES_MAX,
      scoreMax: Math.max(SCORE_MAX_MIN, SCORE_MAX_OF_WORKER * config.workers),
      halfLifeMs: SCORE_HALF_LIFE_MS,
      stableMs: STABLE_MS,
    },
    stopMs: config.drainMs + STOP_MARGIN_MS,
    silenceMsMax: config.restarts.silenceMs,
    log,
    fork: (role) => new WorkerHandle(cluster.fork({ ...environment, ...encodeWorkerRole(role) })),
    onServing: (port) => {
      const { host, workers } = config;
      const tookMs = Math.round(performance.now() - startedAt);
      log.info('serving', { host, port, workers, tookMs });
      if (!speaker.human) return;
      const { version } = holdfast;
      process.stdout.write(welcome({ version, host, port, workers, tookMs }));
    },
  });
}

/** We alone rotate the file that all write to; the others are told. */
function rotateLog({ file, fileBytesMax }: Config['log'], supervisor: Supervisor): void {
  if (file === undefined || !rotateLogFile(file, fileBytesMax)) return;
  log.reopenFile();
  supervisor.tell({ type: 'reopen-log' });
}

/** What workers find in their environment beside what we found in ours. */
function environmentOfWorkers(config: Config, { databaseUrl, redisUrl }: EmbeddedUrls): object {
  const hardwareStore = fileURLToPath(new URL('../../examples/hardware-store', import.meta.url));
  const takesDefault = config.tools === undefined && databaseUrl !== undefined;
  return {
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(config.stateFolder, 'compile-cache'),
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
    ...(takesDefault ? { MCP_TOOLS: hardwareStore } : {}),
  };
}
