import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { EventLog } from '../../../src/supervisor/admin/event-log.ts';
import type { ProcessFacts } from '../../../src/supervisor/admin/facts.ts';
import { type AdminServerOptions, openAdminServer } from '../../../src/supervisor/admin/server.ts';
import type { AdminSource, Outcome } from '../../../src/supervisor/admin/source.ts';
import type { AdministrativeEntry } from '../../../src/supervisor/administrative-entry.ts';
import type { SupervisorSnapshot, ToolsDetails } from '../../../src/supervisor/snapshot.ts';
import { type Line, recordLog } from '../../worker/recorded-log.ts';
import { facts, running } from './snapshot.ts';

/** What operators show in these tests. */
export const TOKEN = 'operators-know-this';

/** A supervisor that only knows what it is told, and remembers what it was ordered. */
export interface Double extends AdminSource {
  current: SupervisorSnapshot;
  facts: ProcessFacts;
  details: ToolsDetails;
  outcome: Outcome;
  readonly orders: string[];
}

/** An endpoint over a double, closed when disposed of. */
export interface Opened extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly source: Double;
  readonly events: EventLog;
  readonly stateFolder: string;
  readonly lines: readonly Line[];
  /** What went into the audit. */
  readonly entries: readonly AdministrativeEntry[];
}

/** A supervisor that runs, and does as it is told. */
export function doubleOf(): Double {
  const orders: string[] = [];
  const order = (what: string): Outcome => {
    orders.push(what);
    return double.outcome;
  };
  const double: Double = {
    current: running,
    facts,
    details: { ...running.tools, sources: [], proof: undefined },
    outcome: 'accepted',
    orders,
    snapshot: () => double.current,
    reload: () => order('reload'),
    recycle: (slot) => order(`recycle ${slot}`),
    scale: (workers) => order(`scale ${workers}`),
    drain: () => order('drain'),
    release: (fingerprint) => order(`release ${fingerprint}`),
    tools: () => double.details,
    reloadTools: () => order('reload tools'),
    rollBackTools: () => order('roll back tools'),
  };
  return double;
}

const redact = (text: string): string => text.replaceAll('hunter2', '[redacted]');

/** Opens the endpoint on a free port of the loopback. */
export async function open(options: Partial<AdminServerOptions> = {}): Promise<Opened> {
  const { log, lines } = recordLog();
  const stateFolder = mkdtempSync(join(tmpdir(), 'holdfast-admin-'));
  const source = doubleOf();
  const events = new EventLog({ redact, now: Date.now });
  const entries: AdministrativeEntry[] = [];
  const server = await openAdminServer({
    host: '127.0.0.1',
    port: 0,
    token: TOKEN,
    hosts: ['holdfast.example'],
    stateFolder,
    source,
    facts: () => source.facts,
    events,
    metrics: { contentType: 'text/plain; version=0.0.4', render: async () => 'up 1\n' },
    audit: (entry) => entries.push(entry),
    redact,
    log,
    ...options,
  });
  return {
    port: server.port,
    url: `http://127.0.0.1:${server.port}`,
    source,
    events,
    stateFolder,
    lines,
    entries,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      rmSync(stateFolder, { recursive: true });
    },
  };
}
