import type { Config } from '../shared/config.ts';
import type { Logger } from '../shared/logger.ts';
import type { EventLog } from './admin/event-log.ts';
import type { ProcessFacts } from './admin/facts.ts';
import { keepAdminToken } from './admin/keep-files.ts';
import { METRICS_CONTENT_TYPE, type SupervisorMetrics } from './admin/metrics.ts';
import type { SelfGauge } from './admin/self-gauge.ts';
import { type AdminServer, openAdminServer } from './admin/server.ts';
import type { AdminSource } from './admin/source.ts';
import type { AdministrativeEntry } from './administrative-entry.ts';
import type { FatalReport } from './fatal/fatal-report.ts';
import type { History } from './fatal/history.ts';
import { readFatalReport } from './fatal/write-fatal-report.ts';

export interface OperatorsEndpointOptions {
  readonly config: Pick<Config, 'admin' | 'hosts' | 'stateFolder' | 'supervision'>;
  readonly source: AdminSource;
  readonly events: EventLog;
  readonly metrics: SupervisorMetrics;
  readonly version: string;
  /** The commit that was built, if it is known. */
  readonly gitSha: string | undefined;
  readonly configHash: string | undefined;
  readonly outer: string;
  readonly history: History | undefined;
  /** That of this run, if there is one. */
  readonly findReport: () => FatalReport | undefined;
  /** Lines that could not be written, by the code of the error. */
  readonly logWriteErrors: ReadonlyMap<string, number>;
  readonly gauge: SelfGauge;
  /** Writes down what operators do, and what they are refused. */
  readonly audit: (entry: AdministrativeEntry) => void;
  readonly redact: (text: string) => string;
  readonly log: Logger;
}

/** So many fatal exits of late are a loop. */
const LOOPING_MIN = 3;

/** Opens the endpoint with all that operators may ask about this process. */
export async function openOperatorsEndpoint(
  options: OperatorsEndpointOptions,
): Promise<AdminServer> {
  const { config, source, events, metrics, version, gitSha, gauge, audit, redact, log } = options;
  const { admin, stateFolder, hosts } = config;
  return openAdminServer({
    source,
    events,
    audit,
    facts: factsOf(options, gauge),
    redact,
    log,
    host: admin.host,
    port: admin.port,
    token: keepAdminToken(stateFolder, admin.token, log),
    hosts,
    stateFolder,
    metrics: {
      contentType: METRICS_CONTENT_TYPE,
      render: () => {
        const recentFatalExits = countFatals(options);
        return metrics.text(source.snapshot(), {
          version,
          gitSha,
          recentFatalExits,
          now: Date.now(),
          node: process.version,
          looping: recentFatalExits >= LOOPING_MIN,
          logWriteErrors: options.logWriteErrors,
        });
      },
    },
  });
}

/** Makes the function that looks at this process, for one answer after another. */
function factsOf(options: OperatorsEndpointOptions, gauge: SelfGauge): () => ProcessFacts {
  const { config, version, gitSha, configHash, outer, history, findReport } = options;
  const startedAt = Date.now() - Math.round(performance.now());
  const earlier = readFatalReport(config.stateFolder);
  return () => ({
    version,
    gitSha,
    startedAt,
    node: process.version,
    configHash: configHash ?? '',
    pid: process.pid,
    outer: { kind: outer, restartPolicy: 'unknown' },
    loopLagP99Ms: gauge.loopLagP99Ms,
    rssBytes: gauge.rssBytes,
    history: {
      recentFatals: countFatals(options),
      windowSeconds: config.supervision.healthyMs / 1_000,
      previousRun: previousRunOf(history),
    },
    fatal: findReport() ?? earlier,
  });
}

function countFatals({ history, version, configHash }: OperatorsEndpointOptions): number {
  return history?.countFatals({ version, configHash: configHash ?? null }).fatalExits ?? 0;
}

function previousRunOf(history: History | undefined): ProcessFacts['history']['previousRun'] {
  if (history === undefined || history.previousRun.how === 'none') return undefined;
  const { how, endedAt, exitCode } = history.previousRun;
  return {
    how,
    endedAt: endedAt === null ? undefined : Date.parse(endedAt),
    exitCode: exitCode ?? undefined,
  };
}
