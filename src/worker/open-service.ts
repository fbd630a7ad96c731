import type { Config } from '../shared/config.ts';
import { hashOfArguments } from '../shared/fingerprint.ts';
import type { OwnLogger } from '../shared/logger.ts';
import { addressFinder } from './auth/client-address.ts';
import { Refusals } from './auth/refusals.ts';
import { AeadSeal } from './auth/seal.ts';
import { openAuthentication } from './authentication.ts';
import type { Catalogues } from './catalogues.ts';
import { type Audit, keepInBoth } from './domain/audit.ts';
import type { Change } from './domain/change.ts';
import { openCallLog } from './observe/call-log.ts';
import type { HealthCheck } from './observe/health.ts';
import type { WorkerMetrics } from './observe/metrics.ts';
import { openCalls } from './open-calls.ts';
import { Service } from './service.ts';
import { SharedChanges } from './store/changes.ts';
import { openRecords } from './store/records.ts';
import type { Stores } from './store/stores.ts';
import type { CallTool, RunCall } from './tools/call-tool.ts';

export interface OpenServiceOptions {
  readonly config: Config;
  readonly version: string;
  /** Its database has been migrated. */
  readonly stores: Stores;
  readonly catalogues: Catalogues;
  readonly health: HealthCheck;
  readonly observer: WorkerMetrics;
  readonly runCall: RunCall;
  readonly log: OwnLogger;
}

/** A service, and what it writes to. */
export interface OpenService extends AsyncDisposable {
  readonly service: Service;
  readonly audit: Audit;
  /** The way of all calls. */
  readonly callTool: CallTool;
  /** Tells the agents of all workers. */
  readonly announce: (change: Change) => Promise<void>;
}

/** Wires what agents meet to what a worker keeps things in, and begins to serve. Whoever disposes of it has drained the service before. */
export async function openService(options: OpenServiceOptions): Promise<OpenService> {
  const { config, version, stores, catalogues, health, observer, runCall, log } = options;
  const { identity } = config;
  await using opened = new AsyncDisposableStack();
  const changes = opened.use(await SharedChanges.open(stores.eventLog));
  const records = opened.use(await openRecords({ ...config, stores, observer, log }));
  const { audit, sealKeys } = records;
  const callLog = opened.use(openCallLog(log, observer));
  const addressOf = addressFinder(identity.trustedProxies);
  const publicUrl = identity.publicUrl ?? `http://${config.host}:${config.port}`;
  const authentication = opened.use(
    await openAuthentication({
      ...records,
      identity,
      publicUrl,
      keys: records.apiKeys,
      addressOf,
      observer,
      log,
    }),
  );
  const callTool = openCalls(options, opened);
  const announce = (change: Change): Promise<void> => changes.announce(change);
  // Each worker has servers of its own mounted, and hears of them at its own time: so each tells its own agents.
  opened.use(
    catalogues.onServed((what) => {
      if (what === 'tools') changes.tellHere({ list: 'tools' });
    }),
  );
  const { tools, resources, prompts } = catalogues;
  const service = await Service.open({
    tools,
    resources,
    prompts,
    ...stores,
    ...records,
    config,
    version,
    seal: new AeadSeal({ keys: sealKeys, now: () => Date.now() }),
    audited: {
      audit: callLog === undefined ? audit : keepInBoth(audit, callLog),
      hashArguments: hashOfArguments,
      now: () => performance.now(),
    },
    refusals: new Refusals(audit),
    authentication,
    addressOf,
    changes,
    announce,
    health,
    observer,
    log,
    callTool,
    runCall,
  });
  const kept = opened.move();
  return { service, audit, callTool, announce, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
