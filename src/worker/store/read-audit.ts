import type { Client } from 'pg';

import { isNullable, isNumber, isOneOf, isShaped, isString } from '../../shared/shape.ts';
import { AUDIT_KINDS, type AuditKind } from '../domain/audit.ts';
import type { Statement } from './query.ts';

/** Which entries are asked for. What is left out is not asked about. */
export interface AuditQuestion {
  /** From then on, and before then. */
  readonly since: Date;
  readonly until: Date;
  readonly kind?: AuditKind | undefined;
  readonly who?: string | undefined;
  readonly subject?: string | undefined;
  readonly outcome?: string | undefined;
  /** So many, the newest of them. */
  readonly limit: number;
}

/** Each kind of question has a plan of its own, which is bound to the parts of its time. */
const WORDS = ['kind', 'who', 'subject', 'outcome'] as const;

const isRow = isShaped({
  at: isString,
  kind: isOneOf(AUDIT_KINDS),
  who: isNullable(isString),
  address: isNullable(isString),
  action: isString,
  subject: isNullable(isString),
  argumentsHash: isNullable(isString),
  outcome: isString,
  durationMs: isNullable(isNumber),
  worker: isNullable(isString),
});

/** An entry as it was kept: `at` in RFC 3339 with UTC, and null for what is not known. */
export type KeptEntry = typeof isRow extends (value: unknown) => value is infer Row ? Row : never;

/** Reads the newest entries that are asked for, the newest last. Only the parts of that time are looked at. */
export async function readAudit(
  client: Client,
  question: AuditQuestion,
): Promise<readonly KeptEntry[]> {
  const { statement, values } = statementOf(question);
  const { rows } = await client.query({ ...statement, values: [...values] });
  return rows.filter(isRow).toReversed();
}

/** The statement that answers a question. */
export function statementOf(question: AuditQuestion): {
  readonly statement: Statement;
  readonly values: readonly unknown[];
} {
  const asked = WORDS.filter((word) => question[word] !== undefined);
  const conditions = asked.map((word, index) => `and ${word} = $${index + 4}`);
  const text = `
    select to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, kind, who, address,
      action, subject, encode(arguments_hash, 'hex') as "argumentsHash", outcome,
      duration_ms as "durationMs", worker
    from holdfast.audit
    where audit.at >= $1 and audit.at < $2 ${conditions.join(' ')}
    order by audit.at desc, id desc limit $3`;
  const { since, until, limit } = question;
  return {
    statement: { name: `read audit ${asked.join(' ')}`, text },
    values: [since, until, limit, ...asked.map((word) => question[word])],
  };
}
