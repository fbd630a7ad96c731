import type { Client } from 'pg';

import type { Chore } from './sweeper.ts';

/** Days that parts are made for ahead of time: as long as nobody may come round to it. */
const DAYS_AHEAD = 3;
const DAY_MS = 86_400_000;
/** Made at one time. Others are next time's. */
const STRAY_DAYS_MAX = 31;
/** Whoever writes waits for us meanwhile. What cannot be had in this time is tried again by the next sweep. */
const LOCK_MS_MAX = 2_000;
const PART = /^audit_(\d{4})(\d\d)(\d\d)$/;

/** Keeps the audit of so many days: makes the parts of those to come, and drops those that are older. */
export function keepAuditParts(days: number): Chore {
  return {
    name: 'parts of the audit',
    run: async (client) => {
      const { rows } = await client.query<{ today: string }>(
        `select to_char(now() at time zone 'utc', 'YYYY-MM-DD') as today`,
      );
      const today = Date.parse(rows[0]?.today ?? '');
      const known = await findParts(client);
      const ahead = Array.from({ length: DAYS_AHEAD + 1 }, (_, offset) => today + offset * DAY_MS);
      for (const day of new Set([...(await findStrayDays(client)), ...ahead])) {
        if (!known.has(day)) await makePart(client, day);
      }
      const oldest = today - days * DAY_MS;
      for (const [day, name] of await findParts(client)) {
        if (day < oldest) await changeParts(client, `drop table holdfast.${name}`);
      }
    },
  };
}

/** The parts that there are, by the day that each is of. */
async function findParts(client: Client): Promise<ReadonlyMap<number, string>> {
  const { rows } = await client.query<{ name: string }>(
    `select child.relname as name from pg_inherits
    join pg_class child on child.oid = inhrelid
    where inhparent = 'holdfast.audit'::regclass`,
  );
  return new Map(
    rows.flatMap(({ name }) => {
      const [, year, month, day] = PART.exec(name) ?? [];
      return year === undefined ? [] : [[Date.parse(`${year}-${month}-${day}`), name] as const];
    }),
  );
}

/** Days of what was written while there was no part for it: nobody came round to making it. */
async function findStrayDays(client: Client): Promise<readonly number[]> {
  const { rows } = await client.query<{ day: string }>(
    `select distinct to_char(at at time zone 'utc', 'YYYY-MM-DD') as day from holdfast.audit_other
    order by day limit ${STRAY_DAYS_MAX}`,
  );
  return rows.map(({ day }) => Date.parse(day));
}

/** What was written for this day already lies with all others, from where it has to be taken first. */
async function makePart(client: Client, day: number): Promise<void> {
  const [from = '', to = ''] = [day, day + DAY_MS].map((time) => new Date(time).toISOString());
  const name = `audit_${from.slice(0, 10).replaceAll('-', '')}`;
  await changeParts(
    client,
    `create table holdfast.${name} (like holdfast.audit including defaults)`,
    // The trigger is for those who would change what was written, and not for moving it.
    'alter table holdfast.audit_other disable trigger append_only',
    `with moved as (
      delete from holdfast.audit_other where at >= '${from}' and at < '${to}' returning *
    ) insert into holdfast.${name} select * from moved`,
    'alter table holdfast.audit_other enable trigger append_only',
    `alter table holdfast.audit attach partition holdfast.${name}
    for values from ('${from}') to ('${to}')`,
    `create trigger no_truncate before truncate on holdfast.${name}
    for each statement execute function holdfast.refuse_change_of_audit()`,
  );
}

/** Changes what the audit consists of. Whoever writes at that moment waits, and then finds the parts as they are by then. */
async function changeParts(client: Client, ...statements: readonly string[]): Promise<void> {
  await client.query('begin');
  await client.query(`set local lock_timeout = ${LOCK_MS_MAX}`);
  await client.query('lock table holdfast.audit in access exclusive mode');
  for (const statement of statements) await client.query(statement);
  await client.query('commit');
}
