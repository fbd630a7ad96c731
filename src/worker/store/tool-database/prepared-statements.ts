import { createHash } from 'node:crypto';

import type { Statement } from '../query.ts';

const PREPARED_MAX = 500;
/** Statements after which a connection is no longer as others expect it. What lasts as long as a transaction is none. */
const CHANGES_CONNECTION =
  /^\s*(?:set\s(?!\s*(?:local|transaction|constraints)\s)|(?:reset|listen|load|prepare|discard|create\s+temp\w*)\s)|\b(?:set_config|pg_(?:try_)?advisory_lock\w*)\s*\(/i;
const READS = /^\s*select\s/i;
/** What has an effect, or waits for others, in a transaction that only reads too. Locks on rows Postgres refuses there. */
const ACTS = /\bpg_(?:advisory_|notify\b|logical_emit_message\b)/i;
/** Answered so soon, and so often in a row, a statement is quick. The time has turns of our own event loop in it. */
export const QUICK_MS = 50;
const QUICK_RUNS = 5;

/** Whether a connection is to be given to nobody else after a statement. */
export function changesConnection(sql: string): boolean {
  return CHANGES_CONNECTION.test(sql);
}

/** A statement of a tool, kept prepared under its name. */
export class PreparedStatement implements Statement {
  readonly name: string;
  readonly text: string;
  readonly changesConnection: boolean;
  #mayBeShared: boolean;
  #quickRuns = 0;

  constructor(name: string, text: string) {
    this.name = name;
    this.text = text;
    this.changesConnection = changesConnection(text);
    this.#mayBeShared = READS.test(text) && !ACTS.test(text) && !this.changesConnection;
  }

  /** It seems to read alone, and has been quick of late: calls of it may follow each other on one connection. */
  get isQuick(): boolean {
    return this.#mayBeShared && this.#quickRuns >= QUICK_RUNS;
  }

  /** It was answered after so long. */
  took(ms: number): void {
    this.#quickRuns = ms < QUICK_MS ? this.#quickRuns + 1 : 0;
  }

  /** It was not answered, or not soon. */
  turnsSlow(): void {
    this.#quickRuns = 0;
  }

  /** It writes, though it does not look so. */
  writes(): void {
    this.#mayBeShared = false;
  }
}

/** Statements that connections keep prepared. Texts that come after the first few hundred are not kept: they are not constants. */
export class PreparedStatements {
  readonly #kind: string;
  readonly #statements = new Map<string, PreparedStatement>();

  /** Two statements of the same text share a name where they are of the same kind. */
  constructor(kind: string) {
    this.#kind = kind;
  }

  find(sql: string): PreparedStatement | undefined {
    const known = this.#statements.get(sql);
    if (known !== undefined || this.#statements.size >= PREPARED_MAX) return known;
    const name = createHash('md5').update(`${this.#kind} ${sql}`).digest('base64url');
    const statement = new PreparedStatement(name, sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
