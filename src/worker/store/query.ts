import { type Client, DatabaseError, type QueryConfig } from 'pg';
import type Pool from 'pg-pool';

import { codeOf, Failure } from '../../shared/errors.ts';

/**
 * SQLSTATE classes and codes by which Postgres says that it is the one to blame: no connection (08), it is a replica now
 * (25006), it does not let us in (28, 3D000), something is full (53), on its way down or up (57P0), a disk fails (58).
 */
const UNAVAILABLE = /^(08|25006|28|3D000|53|57P0|58)/;
const QUERY_CANCELED = '57014';
/** What a transaction that may not write is told when it does: no sign of a replica where it was meant to only read. */
export const READ_ONLY = '25006';
/** Our own statements touch one row or a few: one that takes longer has lost its Postgres. */
const ANSWER_MS = 5_000;

/** A statement of ours. Each has a name, under which connections keep it prepared. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** What the driver takes too, though its types do not tell. */
interface TimedQuery extends QueryConfig {
  readonly query_timeout: number;
}

/** Runs one of our own statements. Throws a `Failure` (`unavailable`) while Postgres is away; what else it throws is a bug in it. */
export async function query(
  pool: Pool<Client>,
  { name, text }: Statement,
  values: readonly unknown[],
): Promise<readonly unknown[]> {
  const config = { ...timed(text), name, values: [...values] };
  try {
    const { rows } = await pool.query<Record<string, unknown>>(config);
    return rows;
  } catch (error) {
    throw explainQuery(error);
  }
}

/** A statement that the driver gives up when no answer comes. */
export function timed(text: string): TimedQuery {
  return { text, query_timeout: ANSWER_MS };
}

/** What a caller may know of a failed statement. What is left is a bug in it. */
export function explainQuery(error: unknown): unknown {
  if (error instanceof Failure) return error;
  const code = codeOf(error);
  if (code === QUERY_CANCELED) {
    return new Failure('timeout', 'The database took too long', { cause: error });
  }
  // What does not come from Postgres comes from the way there.
  if (!(error instanceof DatabaseError) || UNAVAILABLE.test(code ?? '')) {
    return new Failure('unavailable', 'The database cannot be reached', { cause: error });
  }
  return error;
}
