-- Up Migration
-- What agents show. The secret in a key is not here: its HMAC is, keyed by a salt of the row's own.
create table api_keys (
  id text primary key,
  -- Who shows it. Several keys may be of one, so that it stays the same when one takes the place of another.
  principal text not null,
  salt bytea not null check (octet_length(salt) = 32),
  hash bytea not null check (octet_length(hash) = 32),
  -- Nothing: everything.
  scopes text[],
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  -- When anything of this was changed that workers have to know of. They ask for what was changed of late.
  changed_at timestamptz not null default now()
);
create index api_keys_changed on api_keys (changed_at);

-- Down Migration
drop table api_keys;
