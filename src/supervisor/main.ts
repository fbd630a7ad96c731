/** The supervisor's process: reads the environment, wires, and sets the exit code. */
import cluster from 'node:cluster';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { type Config, findStateFolder, readConfig } from '../shared/config.ts';
import { Failure } from '../shared/errors.ts';
import { ExitCode } from '../shared/exit-codes.ts';
import { createLogger } from '../shared/logger.ts';
import { findMisspelled } from '../shared/misspelled.ts';
import { readPackage } from '../shared/package.ts';
import { redactorOf } from '../shared/redact.ts';
import { VARIABLES } from '../shared/variables.ts';
import { exitCodeFor } from './crash.ts';
import type { SupervisorEvent } from './events.ts';
import { configHashOf } from './fatal/config-hash.ts';
import { FatalExit, type Reason, reasonOf } from './fatal/fatal-exit.ts';
import { History, stampOf } from './fatal/history.ts';
import { writeToJournal } from './journal.ts';
import { openOuter } from './outer/open-outer.ts';
import type { Outer } from './outer/outer.ts';
import { findSurroundings, isContainer, PID_1_ADVICE } from './outer/surroundings.ts';
import { Service } from './service.ts';
import { listenToSignals } from './signals.ts';
import { StateFolder } from './state-folder.ts';
import { welcome } from './welcome.ts';

/** What we opened has so long to close, after a fatal exit was decided. */
const CLOSE_MS_MAX = 10_000;
/** Nothing is open any more when we are done. Whoever waits for our end is not kept for what is. */
const LEFT_OPEN_MS_MAX = 2_000;

const startedAt = performance.now();
const { root, version } = readPackage();
const speaker = {
  human: process.stdout.isTTY,
  fields: { process: 'supervisor', pid: process.pid },
};
const logWriteErrors = new Map<string, number>();
const onWriteError = (code: string): void => {
  logWriteErrors.set(code, (logWriteErrors.get(code) ?? 0) + 1);
};
let redact = redactorOf(process.env);
let log = createLogger({ level: 'info', file: undefined, ...speaker, redact, onWriteError });
/** Aborted when we are told to stop, at whatever point. */
const stopping = new AbortController();

/** What there is by now. Whatever ends us early has to be reported with what is known then. */
let config: Config | undefined;
let configHash: string | undefined;
let stateFolder: string | undefined;
let history: History | undefined;
let outer: Outer | undefined;
let service: Service | undefined;
const fatalExit = new FatalExit(() => ({
  outer: outer?.kind ?? 'none',
  snapshot: service?.supervisor.snapshot(),
  version,
  redact,
  emit,
  config,
  configHash,
  terminationLog:
    config === undefined ? process.env.MCP_TERMINATION_LOG || undefined : config.terminationLog,
  stateFolder,
  history,
}));

listenToSignals({
  stop,
  quit: () => {
    stop('SIGQUIT');
    service?.supervisor.discardAll();
  },
  hangUp: () => {
    // At a terminal it says that the terminal is gone; from anybody else, that the workers are to be replaced.
    if (speaker.human) stop('SIGHUP');
    else service?.reload();
  },
  dump: () => {
    process.stderr.write(`${redact(JSON.stringify(service?.supervisor.snapshot() ?? null))}\n`);
  },
});
// We know no longer what we are doing; and workers whom nobody looks after shall not go on.
process.on('uncaughtException', (error) => {
  try {
    service?.supervisor.discardAll();
    fatalExit.write(reasonOf(error));
  } finally {
    process.exit(fatalExit.report?.exitCode ?? ExitCode.Software);
  }
});

const code = await main().catch(async (error: unknown) => {
  const held = rememberWithoutConfig();
  return giveUp(reasonOf(error)).finally(() => held?.[Symbol.dispose]());
});
// A channel to whoever forked us would keep us here.
if (process.connected) process.exit(code);
process.exitCode = code;
setTimeout(cutOff, LEFT_OPEN_MS_MAX, performance.now()).unref();

/** Runs until told to stop. Whatever was opened is closed again, last first, however it ends. */
async function main(): Promise<ExitCode> {
  if (process.argv.length > 3) {
    throw new Failure('invalid', '"holdfast start" takes no arguments', { crashClass: 'usage' });
  }
  outer = findOuter();
  config = readConfig(process.env, process.cwd());
  const { databaseUrl: DATABASE_URL, redisUrl: REDIS_URL, admin } = config;
  redact = redactorOf({ ...process.env, DATABASE_URL, REDIS_URL, ADMIN_TOKEN: admin.token });
  log = createLogger({ ...config.log, ...speaker, redact, onWriteError });
  announce(config);
  await using opened = new AsyncDisposableStack();
  opened.use(new StateFolder(config.stateFolder));
  stateFolder = config.stateFolder;
  configHash = configHashOf(config, stateFolder);
  history = openHistory(stateFolder);
  killOrphans(history);
  history.add({ type: 'start', version, configHash: configHash ?? null });
  service = createService(config, outer, history);
  if (stopping.signal.aborted) service.stop();
  try {
    const fatality = await service.run(opened);
    if (fatality !== undefined) return await endFatally(fatality);
    log.info('workers are gone', { exitCode: ExitCode.Stopped });
    return ExitCode.Stopped;
  } catch (error) {
    // While the exit is held back, operators may still ask why.
    return await giveUp(reasonOf(error));
  }
}

/** The first signal asks, a second one does not wait. */
function stop(signal: NodeJS.Signals): void {
  log.info('stopping', { signal });
  if (stopping.signal.aborted) service?.supervisor.discardAll();
  stopping.abort();
  service?.stop();
}

function createService(given: Config, around: Outer, past: History): Service {
  const { host, workers } = given;
  return new Service({
    config: given,
    configHash,
    history: past,
    outer: around,
    version,
    logWriteErrors,
    log,
    gitSha: process.env.HOLDFAST_REVISION,
    bin: join(root, 'bin', 'holdfast.js'),
    environment: process.env,
    findReport: () => fatalExit.report,
    onFatality: (fatality) => {
      fatalExit.write(fatality);
    },
    checkConfig: () => void readConfig(process.env, process.cwd()),
    redact: (text) => redact(text),
    onServing: (port) => {
      const tookMs = Math.round(performance.now() - startedAt);
      log.info('serving', {
        host,
        port,
        workers,
        tookMs,
      });
      if (!speaker.human) return;
      process.stdout.write(
        welcome({
          version,
          host,
          port,
          workers,
          tookMs,
          watch: given.tooling.watch,
        }),
      );
    },
  });
}

function findOuter(): Outer {
  const surroundings = findSurroundings(process.env, {
    pid: process.pid,
    isClusterWorker: cluster.isWorker,
    isContainer: isContainer(),
  });
  if (surroundings.isPid1) log.warn(PID_1_ADVICE);
  return openOuter({ surroundings, searchPath: process.env.PATH ?? '', log });
}

function announce({ env, host, port, workers, stateFolder: folder }: Config): void {
  for (const { name, meant } of findMisspelled(process.env, Object.keys(VARIABLES))) {
    log.warn('variable is unknown', { name, meant });
  }
  const node = process.version;
  log.info('starting', { version, node, env, host, port, workers, stateFolder: folder });
}

/** Ends what hangs on of runs that were killed. The folder has to be ours: else they are somebody's who lives. */
function killOrphans(past: History): void {
  for (const { pid } of past.findOrphans()) {
    log.warn('worker of an earlier run hangs on, and is killed', { workerPid: pid });
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      log.warn('it cannot be killed', { workerPid: pid, error });
    }
  }
}

/** Reads how earlier runs went. */
function openHistory(folder: string): History {
  const { process: ours } = stampOf(process.pid);
  const past = new History({
    stateFolder: folder,
    // Who we are is asked once: later there may be no file descriptor to find out with.
    stamp: () => ({ ...stampOf(process.pid), process: ours }),
    onFailure: (failure) => {
      log.warn('history cannot be kept', failure);
    },
  });
  if (past.previousRun.how === 'without-report') {
    log.warn('previous run ended without a report: it was killed, or the machine went down');
  }
  return past;
}

/**
 * A wrong configuration is a loop too, where an outer policy restarts us: it is remembered where we
 * would keep state, unless that is somebody's who runs.
 */
function rememberWithoutConfig(): Disposable | undefined {
  if (config !== undefined) return undefined;
  const folder = findStateFolder(process.env, process.cwd());
  if (folder === undefined || !existsSync(folder)) return undefined;
  try {
    const held = new StateFolder(folder);
    stateFolder = folder;
    history = openHistory(folder);
    return held;
  } catch {
    return undefined;
  }
}

/** Ends in spite of what was left open. What we said is waited for, where its reader is slow. */
function cutOff(doneAt: number): void {
  const isHeard = process.stdout.writableLength + process.stderr.writableLength === 0;
  if (!isHeard && performance.now() - doneAt < CLOSE_MS_MAX) {
    setTimeout(cutOff, LEFT_OPEN_MS_MAX, doneAt).unref();
    return;
  }
  log.warn('something was left open, and is cut off', { open: process.getActiveResourcesInfo() });
  process.exit();
}

/** Reports, holds the exit back if it has to be, and sees to it that nothing we opened keeps us from ending. */
async function endFatally(reason: Reason): Promise<ExitCode> {
  const exitCode = await fatalExit.run(reason, stopping.signal, beat);
  setTimeout(() => process.exit(exitCode), CLOSE_MS_MAX).unref();
  return exitCode;
}

/** Says that we live while an exit is held back. */
function beat(): void {
  service?.tellOuter();
}

/** Ends because of what was thrown. A supervisor that there is shows it, while the exit is held back. */
async function giveUp(reason: Reason): Promise<ExitCode> {
  const exitCode = exitCodeFor(reason.crash.class);
  if (service !== undefined) {
    service.supervisor.giveUp({ ...reason, exitCode, rule: 'no restart can help' });
  } else {
    const { class: crashClass, cause, remedy } = reason.crash;
    emit({ type: 'fatal', class: crashClass, exitCode, cause, remedy });
  }
  return endFatally(reason);
}

function emit(event: SupervisorEvent): void {
  if (service === undefined) writeToJournal(log, event);
  else service.emit(event);
}
