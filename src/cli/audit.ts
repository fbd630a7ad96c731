import { Failure } from '../shared/errors.ts';
import { AUDIT_KINDS, type AuditKind } from '../worker/domain/audit.ts';
import type { AuditQuestion, KeptEntry } from '../worker/store/read-audit.ts';
import { openDatabase } from './database.ts';
import { parseDuration } from './duration.ts';
import type { AskExit } from './exit-codes.ts';
import { attempt, printList, type Surroundings } from './surroundings.ts';
import { type Cell, cut, NOTHING, plain } from './table.ts';

/** What was typed. */
export interface AuditOptions {
  readonly since: string;
  readonly until?: string;
  readonly who?: string;
  readonly subject?: string;
  readonly kind?: string;
  readonly outcome?: string;
  readonly limit: string;
  readonly json?: boolean;
}

/** Clocks of others may be ahead of ours: without an end, what was written just now is never left out. */
const AHEAD_MS = 3_600_000;
const LIMIT_MAX = 10_000;
/** No longer text is kept. */
const TEXT_LENGTH_MAX = 300;
const HASH_LENGTH = 12;
const WHO_LENGTH = 32;
const SUBJECT_LENGTH = 40;
const HEADING = ['TIME', 'WHO', 'ACTION', 'SUBJECT', 'OUTCOME', 'MS', 'ARGUMENTS'];
const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/;

/** Prints who did what. */
export async function showAudit(
  options: AuditOptions,
  surroundings: Surroundings,
): Promise<AskExit> {
  return attempt(surroundings, async () => {
    const question = questionOf(options, Date.now());
    await using database = await openDatabase(surroundings);
    const { readAudit } = await import('../worker/store/read-audit.ts');
    const things = await database.transact((client) => readAudit(client, question));
    printList({ things, heading: HEADING, rowOf }, surroundings, options.json);
  });
}

/** What is asked for. Throws a `Failure` that names the option which is wrong. */
export function questionOf(options: AuditOptions, now: number): AuditQuestion {
  const { who, subject, outcome } = options;
  for (const [option, text] of Object.entries({ who, subject, outcome })) {
    if (text === undefined || (text.length <= TEXT_LENGTH_MAX && !text.includes('\0'))) continue;
    throw new Failure('invalid', `--${option} is a text of ${TEXT_LENGTH_MAX} characters at most`);
  }
  const since = timeOf('--since', options.since, now);
  const until =
    options.until === undefined ? new Date(now + AHEAD_MS) : timeOf('--until', options.until, now);
  if (since >= until) throw new Failure('invalid', '--since has to be before --until');
  const limit = limitOf(options.limit);
  return { since, until, limit, who, subject, outcome, kind: kindOf(options.kind) };
}

function timeOf(option: string, text: string, now: number): Date {
  if (/^\d+[a-z]+$/.test(text)) return new Date(now - parseDuration(option, text));
  const time = new Date(text);
  if (TIME.test(text) && !Number.isNaN(time.getTime())) return time;
  throw new Failure(
    'invalid',
    `${option} is a duration like 15m or 7d, or a time like 2026-07-28T12:00Z, and not "${plain(text)}"`,
  );
}

function limitOf(text: string): number {
  const limit = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= LIMIT_MAX) return limit;
  throw new Failure('invalid', `--limit is a number from 1 to ${LIMIT_MAX}`);
}

function kindOf(text: string | undefined): AuditKind | undefined {
  const kind = AUDIT_KINDS.find((each) => each === text);
  if (kind !== undefined || text === undefined) return kind;
  throw new Failure('invalid', `--kind is one of ${AUDIT_KINDS.join(', ')}`);
}

function rowOf(entry: KeptEntry): readonly Cell[] {
  const { at, who, action, subject, outcome, durationMs, argumentsHash } = entry;
  return [
    { text: at.replace('T', ' ').replace('Z', '') },
    { text: cut(plain(who ?? NOTHING), WHO_LENGTH) },
    { text: plain(action) },
    { text: cut(plain(subject ?? NOTHING), SUBJECT_LENGTH) },
    { text: plain(outcome), format: outcome === 'ok' ? 'green' : 'red' },
    { text: durationMs === null ? NOTHING : durationMs.toFixed(1) },
    { text: argumentsHash?.slice(0, HASH_LENGTH) ?? NOTHING },
  ];
}
