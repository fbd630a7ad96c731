/** Tables as they are after years: a million rows of sessions, of the audit and of keys. */

const ROWS = 1_000_000;
/** The audit has a part for each day. */
const DAYS = 30;

/** Most have ended in the days that they are kept for; one in ten is open; operators ended a few, none of them of late. */
const SESSIONS = `
  insert into holdfast.sessions (id, principal, transport, revision, client_name, client_version,
    capabilities, created_at, last_seen_at, ended_at, end_reason)
  select 'filled-session-' || n, 'key:principal-' || n % 10000,
    case n % 2 when 0 then 'streamable-http' else 'websocket' end, '2025-11-25', 'agent', '1', '{}',
    begun, now(), case when n % 10 = 0 then null else begun end,
    case when n % 10 = 0 then null when n % 1000 = 1 then 'operator' else 'asked' end
  from generate_series(1, ${ROWS}) n,
    lateral (select now() - interval '1 hour' - n * interval '0.5 second' as begun) t`;

const AUDIT_PARTS = `
  do $$
  declare day date;
  begin
    for offset_days in 1..${DAYS} loop
      day := (now() at time zone 'utc')::date - offset_days;
      execute format('create table holdfast.audit_%s partition of holdfast.audit
        for values from (%L) to (%L)', to_char(day, 'YYYYMMDD'), day || 'T00:00:00Z', day + 1 || 'T00:00:00Z');
    end loop;
  end $$`;

const AUDIT = `
  insert into holdfast.audit (at, kind, who, action, subject, arguments_hash, outcome, duration_ms)
  select date_trunc('day', now() at time zone 'utc') at time zone 'utc'
      - n * interval '${DAYS} days' / ${ROWS + 1},
    'call', 'key:principal-' || n % 10000, 'tools/call', 'tool-' || n % 20, sha256(n::text::bytea),
    'ok', n % 100
  from generate_series(1, ${ROWS}) n`;

const API_KEYS = `
  insert into holdfast.api_keys (id, principal, salt, hash, created_at, changed_at)
  select 'filled' || n, 'principal-' || n % 10000, sha256(n::text::bytea),
    sha256(('hash' || n)::bytea), begun, begun
  from generate_series(1, ${ROWS}) n,
    lateral (select now() - interval '1 hour' - n * interval '30 seconds' as begun) t`;

/** They come before those that are in use. */
const SEAL_KEYS = `
  insert into holdfast.seal_keys (id, secret, created_at, retired_at)
  select -n, sha256(n::text::bytea), now() - n * interval '1 hour', now()
  from generate_series(1, ${ROWS}) n`;

/** Of each table one after the other, on the schema that Holdfast has made. */
export const FILL_TABLES: readonly (readonly string[])[] = [
  [SESSIONS],
  [AUDIT_PARTS, AUDIT],
  [API_KEYS],
  [SEAL_KEYS],
];

/** Rows of the large tables that were looked at so far: in turn, and by an index. */
export const ROWS_READ = `
  select sum(seq_tup_read)::float8 as in_turn, sum(idx_tup_fetch)::float8 as by_index
  from pg_stat_user_tables where schemaname = 'holdfast'
    and (relname in ('sessions', 'api_keys', 'seal_keys') or relname like 'audit%')`;
