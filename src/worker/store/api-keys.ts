import type { Client } from 'pg';
import type Pool from 'pg-pool';

import {
  type Guard,
  isDate,
  isListOf,
  isNullable,
  isShaped,
  isString,
} from '../../shared/shape.ts';
import type { KeptKey, Keys } from '../domain/api-key.ts';
import { query, type Statement } from './query.ts';

/** What may be said of a new key. */
export type NewKey = Pick<KeptKey, 'id' | 'principal' | 'salt' | 'hash' | 'scopes' | 'expiresAt'>;

const COLUMNS =
  'id, principal, salt, hash, scopes, created_at, expires_at, revoked_at, last_used_at';

const FIND: Statement = {
  name: 'find api key',
  text: `select ${COLUMNS} from holdfast.api_keys where id = $1`,
};

const FIND_CHANGED: Statement = {
  name: 'find changed api keys',
  text: `
    select ${COLUMNS} from holdfast.api_keys
    where changed_at > now() - $1 * interval '1 millisecond'`,
};

const NOTE_USED: Statement = {
  name: 'note that api keys were used',
  text: `
    update holdfast.api_keys set last_used_at = now()
    where id = any($1) and (last_used_at is null or last_used_at < now() - interval '1 minute')`,
};

const LIST: Statement = {
  name: 'list api keys',
  text: `select ${COLUMNS} from holdfast.api_keys order by created_at, id`,
};

const CREATE: Statement = {
  name: 'create api key',
  text: `
    insert into holdfast.api_keys (id, principal, salt, hash, scopes, expires_at)
    values ($1, $2, $3, $4, $5, $6)`,
};

/** One that was revoked stays so: when that was is not changed by asking again. */
const REVOKE: Statement = {
  name: 'revoke api key',
  text: `
    update holdfast.api_keys set revoked_at = coalesce(revoked_at, now()), changed_at = now()
    where id = $1 returning id`,
};

/** It may expire before that anyway. What it was before is returned. */
const EXPIRE: Statement = {
  name: 'let api key expire',
  text: `
    with old as (
      select ${COLUMNS} from holdfast.api_keys
      where id = $1 and revoked_at is null and (expires_at is null or expires_at > now())
      for update
    ), changed as (
      update holdfast.api_keys
      set expires_at = least(expires_at, now() + $2 * interval '1 millisecond'), changed_at = now()
      where id in (select id from old)
    )
    select ${COLUMNS} from old`,
};

const isBuffer: Guard<Buffer> = (value): value is Buffer => Buffer.isBuffer(value);

const isRow = isShaped({
  id: isString,
  principal: isString,
  salt: isBuffer,
  hash: isBuffer,
  scopes: isNullable(isListOf(isString)),
  created_at: isDate,
  expires_at: isNullable(isDate),
  revoked_at: isNullable(isDate),
  last_used_at: isNullable(isDate),
});

/** API keys in Postgres. */
export class ApiKeys implements Keys {
  readonly #pool: Pool<Client>;

  constructor(pool: Pool<Client>) {
    this.#pool = pool;
  }

  async find(id: string): Promise<KeptKey | undefined> {
    const [row] = await query(this.#pool, FIND, [id]);
    return row === undefined ? undefined : parseRow(row);
  }

  async findChanged(withinMs: number): Promise<readonly KeptKey[]> {
    return (await query(this.#pool, FIND_CHANGED, [withinMs])).map(parseRow);
  }

  async noteUsed(ids: readonly string[]): Promise<void> {
    await query(this.#pool, NOTE_USED, [ids]);
  }

  /** All of them, the oldest first. */
  async list(): Promise<readonly KeptKey[]> {
    return (await query(this.#pool, LIST, [])).map(parseRow);
  }
}

/** Keeps a new key. */
export async function createKey(client: Client, key: NewKey): Promise<void> {
  const { id, principal, salt, hash, scopes, expiresAt } = key;
  const values = [id, principal, salt, hash, scopes ?? null, expiresAt ?? null];
  await client.query({ ...CREATE, values });
}

/** Resolves with whether there is such a key. Every worker knows a few seconds later. */
export async function revokeKey(client: Client, id: string): Promise<boolean> {
  const { rows } = await client.query({ ...REVOKE, values: [id] });
  return rows.length > 0;
}

/** Lets a key expire soon. Resolves with what it was before, or with nothing if there is none that still holds. */
export async function expireKey(
  client: Client,
  id: string,
  inMs: number,
): Promise<KeptKey | undefined> {
  const { rows } = await client.query<Record<string, unknown>>({ ...EXPIRE, values: [id, inMs] });
  const [row] = rows;
  return row === undefined ? undefined : parseRow(row);
}

/** Whether there is a key at all, good or not. */
export async function hasKeys(client: Client): Promise<boolean> {
  const { rows } = await client.query('select from holdfast.api_keys limit 1');
  return rows.length > 0;
}

function parseRow(row: unknown): KeptKey {
  if (!isRow(row)) throw new Error('A row of api_keys is not as our migrations made it');
  const { id, principal, salt, hash, scopes } = row;
  return {
    id,
    principal,
    salt,
    hash,
    scopes: scopes ?? undefined,
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    revokedAt: row.revoked_at ?? undefined,
    lastUsedAt: row.last_used_at ?? undefined,
  };
}
