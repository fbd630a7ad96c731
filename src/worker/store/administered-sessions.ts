import type { ClientBase } from 'pg';

import { isDate, isNullable, isShaped, isString } from '../../shared/shape.ts';
import type { Session } from '../domain/session.ts';

/** How much of an id is shown. The whole of it is a capability. */
const SHOWN_LENGTH = 8;

const isRow = isShaped({
  number: isString,
  id: isString,
  principal: isString,
  transport: isString,
  revision: isString,
  client_name: isString,
  client_version: isString,
  address: isNullable(isString),
  worker: isNullable(isString),
  created_at: isDate,
  last_seen_at: isDate,
  ended_at: isNullable(isDate),
  end_reason: isNullable(isString),
});

/** A session as operators see it: by its number, and with the beginning of its id. */
export interface ListedSession {
  readonly number: number;
  readonly id: string;
  readonly principal: string;
  readonly transport: string;
  readonly revision: string;
  readonly client: Session['client'];
  readonly address: string | undefined;
  /** Which worker has its socket. */
  readonly worker: string | undefined;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
  readonly endedAt: Date | undefined;
  /** A `SessionEnd`; of a newer version perhaps one that this does not know. */
  readonly endReason: string | undefined;
}

/** Which sessions are to be listed. */
export interface SessionsWanted {
  /** Of one, or of all. */
  readonly principal: string | undefined;
  /** Whether those that were ended are wanted too. */
  readonly ended: boolean;
  readonly limit: number;
}

/** Which sessions are to be ended: one, or all of a principal. */
export type SessionsNamed = { readonly number: string } | { readonly principal: string };

/** Lists sessions, those that began last first. */
export async function listSessions(
  client: ClientBase,
  wanted: SessionsWanted,
): Promise<readonly ListedSession[]> {
  const { rows } = await client.query<Record<string, unknown>>(
    `
    select number, left(id, ${SHOWN_LENGTH}) as id, principal, transport, revision, client_name,
      client_version, address, worker, created_at, last_seen_at, ended_at, end_reason
    from holdfast.sessions
    where ($1::text is null or principal = $1) and ($2 or ended_at is null)
    order by number desc limit $3`,
    [wanted.principal, wanted.ended, wanted.limit],
  );
  return rows.map((row) => {
    if (!isRow(row)) throw new Error('A row of sessions is not as our migrations made it');
    const { number, id, principal, transport, revision, address, worker } = row;
    return {
      number: Number(number),
      id,
      principal,
      transport,
      revision,
      client: { name: row.client_name, version: row.client_version },
      address: address ?? undefined,
      worker: worker ?? undefined,
      createdAt: row.created_at,
      lastSeenAt: row.last_seen_at,
      endedAt: row.ended_at ?? undefined,
      endReason: row.end_reason ?? undefined,
    };
  });
}

/** Ends sessions that are open, and resolves with how many. Every worker heeds it within five seconds. */
export async function endSessions(client: ClientBase, named: SessionsNamed): Promise<number> {
  const [condition, value] =
    'number' in named ? ['number = $1', named.number] : ['principal = $1', named.principal];
  const { rowCount } = await client.query(
    `
    with named as (
      select id from holdfast.sessions where ${condition} and ended_at is null
      order by id for update
    )
    update holdfast.sessions set ended_at = now(), end_reason = 'operator', changes = changes + 1
    where id in (select id from named)`,
    [value],
  );
  return rowCount ?? 0;
}
