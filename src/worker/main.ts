/** A worker's process: reads the environment, wires, and sets the exit code. */
import { once } from 'node:events';
import { flushCompileCache } from 'node:module';

import { type Config, isLoopback, readConfig } from '../shared/config.ts';
import { Failure } from '../shared/errors.ts';
import { ExitCode, exitCodeOf } from '../shared/exit-codes.ts';
import { type FromWorker, parseFromSupervisor, parseWorkerRole } from '../shared/ipc.ts';
import { createLogger } from '../shared/logger.ts';
import { readPackage } from '../shared/package.ts';
import { redactorOf } from '../shared/redact.ts';
import { isOriginAllowed } from './auth/origin.ts';
import { ANONYMOUS, type Principal } from './domain/principal.ts';
import { openHttpServer } from './http-server.ts';
import { createMethods } from './methods/methods.ts';
import { HealthCheck } from './observe/health.ts';
import { showProgress } from './observe/progress.ts';
import { prepareDatabases } from './prepare-databases.ts';
import { Peer } from './protocol/peer.ts';
import { openStores, type Stores } from './store/stores.ts';
import { PooledDatabase } from './store/tool-database.ts';
import { findToolSources, loadTools, type ToolSource } from './tools/load/module.ts';
import { createToolRegistry, type ToolRegistry } from './tools/registry.ts';
import { WebSocketTransport } from './transport/websocket.ts';

const HEARTBEAT_MS = 1_000;

const { version } = readPackage();
const role = parseWorkerRole(process.env);
const speaker = {
  human: process.stdout.isTTY,
  redact: redactorOf(process.env),
  fields: { process: 'worker', pid: process.pid, slot: role.slot },
};
let log = createLogger({ level: 'info', file: undefined, ...speaker });

process.once('uncaughtException', (error) => {
  die('worker failed', error);
});
// The supervisor decides when we stop. Ctrl-C, pm2 and systemd tell the whole group.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
setInterval(() => {
  tell({ type: 'heartbeat' });
}, HEARTBEAT_MS).unref();
let serving = false;
const toldToStop = listenForDrain();

try {
  const config = readConfig(process.env, process.cwd());
  const { databaseUrl: DATABASE_URL, redisUrl: REDIS_URL } = config;
  const redact = redactorOf({ ...process.env, DATABASE_URL, REDIS_URL });
  log = createLogger({ ...config.log, ...speaker, redact });
  await run(config);
  process.exit(ExitCode.Stopped);
} catch (error) {
  die(serving ? 'worker failed' : 'worker cannot start', error);
}

/** Serves until told to stop. Whatever was opened is closed again, last first, however it ends. */
async function run(config: Config): Promise<void> {
  const { databaseUrl, redisUrl } = config;
  if (process.send === undefined || databaseUrl === undefined || redisUrl === undefined) {
    throw new Failure('invalid', 'A worker is started by its supervisor: run "holdfast start".');
  }
  const sources = findToolSources(config.tools ?? []);
  await using stores = await openStores({
    databaseUrl,
    redisUrl,
    connectionsMax: config.dbPoolMax,
    deadlineMs: config.startupDeadlineMs,
    log,
  });
  if (role.canary) {
    await prepareDatabases({ url: databaseUrl, version, sources, log, showProgress });
  }
  await serve(config, stores, await registerTools(sources, stores));
}

async function registerTools(
  sources: readonly ToolSource[],
  { pool }: Stores,
): Promise<ToolRegistry> {
  const loaded = sources.map(async (source) => ({
    tools: await loadTools(source),
    db: new PooledDatabase(pool, source.schema),
  }));
  return createToolRegistry(await Promise.all(loaded));
}

async function serve(
  { host, port, sockets, origins, env, drainMs }: Config,
  { pool, redis }: Stores,
  registry: ToolRegistry,
): Promise<void> {
  let draining = false;
  const dispatch = createMethods({ version, registry, log });
  const webSocket = new WebSocketTransport<Principal>({
    limits: sockets,
    log,
    authenticate: async () => ANONYMOUS,
    open: (caller, outlet) =>
      new Peer({ dispatch, caller, outlet, inFlightMax: sockets.callsInFlightMax }),
  });
  const allowance = { allowed: origins, loopback: env !== 'production' && isLoopback(host) };
  const server = await openHttpServer({
    host,
    port,
    health: new HealthCheck({
      postgres: () => pool.query('select 1'),
      redis: () => redis.ping(),
      isDraining: () => draining,
    }),
    webSocket,
    isOriginAllowed: (origin) => isOriginAllowed(origin, allowance),
    log,
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A TCP server has a port');
  serving = true;
  log.info('worker serves', { tools: registry.tools.length });
  tell({ type: 'ready', port: address.port });
  // A worker that is killed writes no cache, so it is written now.
  flushCompileCache();

  await toldToStop;
  draining = true;
  const closed = once(server, 'close');
  server.close();
  await webSocket.drain(AbortSignal.timeout(drainMs));
  server.closeAllConnections();
  await closed;
}

function tell(message: FromWorker): void {
  // Should the supervisor be gone, so are we, in a moment.
  process.send?.(message, undefined, undefined, () => undefined);
}

/** Listens to the supervisor, and resolves when it says to drain. Should it be gone, `node:cluster` ends us at once. */
function listenForDrain(): Promise<void> {
  return new Promise((resolve) => {
    process.on('message', (message) => {
      const said = parseFromSupervisor(message);
      if (said?.type === 'drain') {
        // Before it serves there is nothing to finish: what it holds of Postgres goes with the connection.
        if (!serving) process.exit(ExitCode.Stopped);
        resolve();
      }
      if (said?.type === 'reopen-log') log.reopenFile();
    });
  });
}

function die(message: string, error: unknown): void {
  const why = error instanceof Failure ? { reason: error.message, cause: error.cause } : { error };
  log.error(message, why);
  process.exit(exitCodeOf(error));
}
