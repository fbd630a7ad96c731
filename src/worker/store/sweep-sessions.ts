import type { Client } from 'pg';

import type { Chore } from './sweeper.ts';

/** Sockets whose worker has not noted them for so long: it was killed, or hangs. It notes them once a minute. */
const LOST_MS = 300_000;
/** How long an ended session is kept: operators may want to know what became of it. */
const KEEP_MS = 7 * 86_400_000;
/** In one statement, so that none takes long; and in one sweep, so that others get their turn. */
const ROWS_MAX = 1_000;
const ROUNDS_MAX = 100;

/** What somebody has locked at this moment is in use, or is being ended already. */
const END = `
  with quiet as (
    select id from holdfast.sessions
    where ended_at is null and transport = $1 and last_seen_at < now() - $2 * interval '1 millisecond'
    order by last_seen_at limit ${ROWS_MAX}
    for update skip locked
  )
  update holdfast.sessions set ended_at = now(), end_reason = $3, changes = changes + 1
  where id in (select id from quiet)`;

const DELETE = `
  with old as (
    select id from holdfast.sessions
    where ended_at < now() - $1 * interval '1 millisecond'
    order by ended_at limit ${ROWS_MAX}
    for update skip locked
  )
  delete from holdfast.sessions where id in (select id from old)`;

/** Ends sessions that were abandoned, and deletes those that ended long ago. */
export function sweepSessions({ ttlMs }: { readonly ttlMs: number }): Chore {
  return {
    name: 'sessions',
    async run(client) {
      await repeat(client, END, ['streamable-http', ttlMs, 'expired']);
      await repeat(client, END, ['websocket', LOST_MS, 'lost']);
      await repeat(client, DELETE, [KEEP_MS]);
    },
  };
}

/** Runs a statement until it finds fewer rows than it may take. What is left then, the next sweep takes. */
async function repeat(
  client: Client,
  text: string,
  values: readonly (string | number)[],
): Promise<void> {
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one batch after the other
    const { rowCount } = await client.query(text, [...values]);
    if ((rowCount ?? 0) < ROWS_MAX) return;
  }
}
