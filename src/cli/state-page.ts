import type { State } from './parse-state.ts';
import { type Cell, cut, type Format, NOTHING, plain, type TableOptions, table } from './table.ts';

type Worker = State['workers'][number];

const EVENTS_MAX = 10;
const FORMATS: Readonly<Record<string, Format>> = {
  RUNNING: 'green',
  READY: 'green',
  up: 'green',
  DEGRADED: 'yellow',
  SUSPECT: 'yellow',
  BACKOFF: 'yellow',
  'on-trial': 'yellow',
  NO_CAPACITY: 'red',
  FATAL: 'red',
  KILLING: 'red',
  PARKED: 'red',
  down: 'red',
};

/** Shows the state of a supervisor to a person: the worst on top, in as few lines as hold it. */
export function statePage(state: State, options: TableOptions): string {
  const parts = [
    headOf(state, options),
    workersOf(state, options),
    dependenciesOf(state, options),
    quarantineOf(state, options),
    eventsOf(state, options),
  ];
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function headOf(state: State, { paint, columns }: TableOptions): string[] {
  const { supervisor, service, capacity, budget } = state;
  const since = ageOf(supervisor.stateSince, state.now);
  const reason = cut(plain(`${supervisor.stateReason}, for ${since}`), columns - 15);
  const others = (['starting', 'draining', 'backoff', 'parked'] as const)
    .filter((what) => capacity[what] > 0)
    .map((what) => `${capacity[what]} ${what}`);
  const score = `crash score ${budget.crashScore.toFixed(2)} of ${budget.crashLimit}`;
  const about = [
    `holdfast ${service.version}`,
    `node ${service.node}`,
    `pid ${supervisor.pid}`,
    `up ${durationOf(supervisor.uptimeSeconds)}`,
    `under ${supervisor.outer.kind}`,
  ];
  const ready = `${capacity.ready} of ${capacity.desired} workers ready`;
  return [
    `${paint('bold', paint(FORMATS[supervisor.state] ?? 'cyan', plain(supervisor.state)))}  ${reason}`,
    cut([ready, ...others, score].join(' · '), columns),
    paint('dim', cut(plain(about.join(' · ')), columns)),
  ];
}

function workersOf({ workers, now }: State, options: TableOptions): string[] {
  const heading = ['SLOT', 'PID', 'STATE', 'RESTARTS', 'UPTIME', 'RSS', 'LAG', 'LAST EXIT'];
  const rows = workers.map((worker): Cell[] => [
    { text: String(worker.slot) },
    { text: String(worker.pid ?? NOTHING) },
    marked(worker.state),
    { text: String(worker.restarts) },
    { text: durationOf(worker.uptimeSeconds) },
    { text: worker.rssBytes === null ? NOTHING : `${Math.round(worker.rssBytes / 1e6)} MB` },
    { text: worker.loopDelayP99Ms === null ? NOTHING : `${Math.round(worker.loopDelayP99Ms)} ms` },
    { text: lastExitOf(worker, now) },
  ]);
  return table(heading, rows, options);
}

function lastExitOf({ lastExit, nextStartAt }: Worker, now: string): string {
  if (lastExit === null) return NOTHING;
  const how = lastExit.signal ?? (lastExit.code === null ? '' : `exit ${lastExit.code}`);
  const next = nextStartAt === null ? '' : `, next start in ${ageOf(now, nextStartAt)}`;
  const what = [lastExit.class, how].filter((word) => word !== '').join(' ');
  return plain(`${what}, ${ageOf(lastExit.at, now)} ago${next}: ${lastExit.cause}`);
}

function dependenciesOf({ dependencies, now }: State, options: TableOptions): string[] {
  const rows = dependencies.map((dependency): Cell[] => [
    { text: plain(dependency.name) },
    marked(dependency.status),
    { text: ageOf(dependency.since, now) },
    { text: dependency.required ? 'yes' : 'no' },
    { text: dependency.latencyMs === null ? NOTHING : `${Math.round(dependency.latencyMs)} ms` },
    { text: plain(dependency.lastError?.message ?? dependency.lastError?.code ?? NOTHING) },
  ]);
  const heading = ['DEPENDENCY', 'STATUS', 'FOR', 'REQUIRED', 'LATENCY', 'LAST ERROR'];
  return rows.length === 0 ? [] : table(heading, rows, options);
}

function quarantineOf({ quarantine, now }: State, options: TableOptions): string[] {
  const rows = quarantine.map((call): Cell[] => [
    { text: plain(call.fingerprint) },
    marked(call.state),
    { text: call.until === null ? NOTHING : ageOf(now, call.until) },
    { text: String(call.crashes) },
    { text: plain(call.tool) },
  ]);
  const heading = ['QUARANTINED CALL', 'STATE', 'FOR', 'CRASHES', 'TOOL'];
  return rows.length === 0 ? [] : table(heading, rows, options);
}

function eventsOf({ lastEvents, now }: State, options: TableOptions): string[] {
  const rows = lastEvents
    .slice(-EVENTS_MAX)
    .map(({ seq: _seq, time, type, ...fields }): Cell[] => [
      { text: `${ageOf(String(time), now)} ago` },
      { text: plain(String(type)) },
      { text: plain(detailsOf(fields)), format: 'dim' },
    ]);
  return rows.length === 0 ? [] : table(['EVENT', '', ''], rows, options);
}

function detailsOf(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => {
      return `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`;
    })
    .join(' ');
}

/** A word in the colour of what it means. */
function marked(word: string): Cell {
  const format = FORMATS[word];
  return { text: plain(word), ...(format === undefined ? {} : { format }) };
}

function ageOf(from: string | null, to: string): string {
  const ms = Date.parse(to) - Date.parse(from ?? '');
  return durationOf(Number.isNaN(ms) ? null : ms / 1_000);
}

/** A duration in its two largest units. */
function durationOf(seconds: number | null): string {
  if (seconds === null) return NOTHING;
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s}s`;
  if (s < 3_600) return `${Math.floor(s / 60)}m ${s % 60}s`;
  if (s < 86_400) return `${Math.floor(s / 3_600)}h ${Math.floor((s % 3_600) / 60)}m`;
  return `${Math.floor(s / 86_400)}d ${Math.floor((s % 86_400) / 3_600)}h`;
}
