-- Up Migration
-- What agents of the legacy era and we agreed on, where it outlives a connection. One that was ended
-- stays: who comes back with it is told so.
create table sessions (
  id text primary key,
  principal text not null,
  transport text not null default 'streamable-http',
  revision text not null,
  client_name text not null,
  client_version text not null,
  capabilities jsonb not null,
  log_level text,
  subscriptions text[] not null default '{}',
  -- How often it was changed: of two copies the one with more is newer.
  changes integer not null default 0,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  ended_at timestamptz,
  end_reason text,
  check ((ended_at is null) = (end_reason is null))
);

-- What tokens are sealed with. The numbers are given by who adds a key, one above the highest: of
-- several who add one at the same time, one does.
create table seal_keys (
  id bigint primary key,
  secret bytea not null check (octet_length(secret) = 32),
  created_at timestamptz not null default now(),
  retired_at timestamptz
);

-- Down Migration
drop table seal_keys;
drop table sessions;
