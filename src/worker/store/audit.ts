import type { Client } from 'pg';
import type Pool from 'pg-pool';

import { Failure } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { Losses } from '../../shared/losses.ts';
import type { Audit, AuditEntry } from '../domain/audit.ts';
import { Batch } from './batch.ts';
import { query, type Statement } from './query.ts';

export interface StoredAuditOptions {
  readonly pool: Pool<Client>;
  /** Who writes. */
  readonly worker: string;
  readonly log: Logger;
  /** Told of entries that could not be kept. */
  readonly onLost: (count: number) => void;
}

/** An entry as it is written: the texts as Postgres takes them. */
interface Row {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly kind: AuditEntry['kind'];
  readonly who: string | null;
  readonly address: string | null;
  readonly action: string | null;
  readonly subject: string | null;
  readonly argumentsHash: string | null;
  readonly outcome: string | null;
  readonly durationMs: number | null;
}

const EVERY_MS = 200;
const SIZE_MAX = 1_000;
/** Some minutes of calls, while Postgres is away. */
const WAITING_MAX = 20_000;
/** A longer text is cut off: whoever calls chooses it. */
const TEXT_LENGTH_MAX = 300;

/** The entries come as one text of JSON: for us it is less work than a list for each column. */
const ADD: Statement = {
  name: 'add to audit',
  text: `
    insert into holdfast.audit
      (at, kind, who, address, action, subject, arguments_hash, outcome, duration_ms, worker)
    select to_timestamp(at / 1000), kind, who, address, action, subject,
      decode("argumentsHash", 'hex'), outcome, "durationMs", $2
    from jsonb_to_recordset($1)
      as entry(at float8, kind text, who text, address text, action text, subject text,
        "argumentsHash" text, outcome text, "durationMs" real)`,
};

/**
 * The audit in Postgres, written some times a second: who is called does not wait for it. While Postgres is away entries wait, as
 * many as there is room for; of more the oldest are lost, and it is said how many.
 */
export class StoredAudit implements Audit, AsyncDisposable {
  readonly #batch: Batch<Row>;
  readonly #options: StoredAuditOptions;
  readonly #losses: Losses;
  #isFailing = false;

  constructor(options: StoredAuditOptions) {
    this.#options = options;
    this.#losses = new Losses((count) => {
      options.log.error('audit entries lost', { count });
    });
    this.#batch = new Batch({
      write: (entries) => this.#write(entries),
      everyMs: EVERY_MS,
      sizeMax: SIZE_MAX,
      waitingMax: WAITING_MAX,
      onLost: (count) => {
        this.#noteLost(count);
      },
      onFailure: (error) => {
        this.#noteFailure(error);
      },
    });
  }

  record(entry: AuditEntry, at = Date.now()): void {
    // Bounded here and not when it is written: thousands may wait.
    this.#batch.add({
      at,
      kind: entry.kind,
      who: fit(entry.who),
      address: fit(entry.address),
      action: fit(entry.action),
      subject: fit(entry.subject),
      argumentsHash: entry.argumentsHash ?? null,
      outcome: fit(entry.outcome),
      durationMs: entry.durationMs ?? null,
    });
  }

  /** Writes what waits. What cannot be written in time is lost. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#batch[Symbol.asyncDispose]();
    this.#losses[Symbol.dispose]();
  }

  async #write(rows: readonly Row[]): Promise<void> {
    const { pool, worker } = this.#options;
    await query(pool, ADD, [JSON.stringify(rows), worker]);
    this.#isFailing = false;
  }

  /** It is tried again some times a second. One line says so, until it was written once. */
  #noteFailure(error: unknown): void {
    const isAway = error instanceof Failure && error.code === 'unavailable';
    if (isAway || this.#isFailing) return;
    this.#isFailing = true;
    this.#options.log.error('audit cannot be written, and waits', { error });
  }

  #noteLost(count: number): void {
    this.#options.onLost(count);
    this.#losses.note(count);
  }
}

/** What Postgres does not take: NUL, and halves of characters. Whole ones of two halves are looked at as well. */
const UNFIT = /[\0\ud800-\udfff]/;

/** As Postgres takes it: of bounded length, with whole characters, and no NUL. Most texts are. */
function fit(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (text.length <= TEXT_LENGTH_MAX && !UNFIT.test(text)) return text;
  // A copy: a part of a text keeps the whole of it in memory.
  const short =
    text.length > TEXT_LENGTH_MAX ? Buffer.from(text.slice(0, TEXT_LENGTH_MAX)).toString() : text;
  return short.toWellFormed().replaceAll('\0', '\u{fffd}');
}
