-- Up Migration
-- Sessions over WebSockets have rows too. They have the number to be named by: the id is a capability.
alter table sessions
  add column number bigint generated always as identity unique,
  add column address text,
  -- Who holds the socket of a session over a WebSocket. One over HTTP is held by nobody.
  add column worker text;

-- The quietest of one principal; and of all, for those that are abandoned.
create index sessions_open_of_principal on sessions (principal, transport, last_seen_at)
  where ended_at is null;
create index sessions_open on sessions (transport, last_seen_at) where ended_at is null;
-- What is to be deleted, and the few that every worker asks for all the time.
create index sessions_ended on sessions (ended_at) where ended_at is not null;
create index sessions_ended_by_operator on sessions (ended_at) where end_reason = 'operator';

-- Down Migration
drop index sessions_ended_by_operator;
drop index sessions_ended;
drop index sessions_open;
drop index sessions_open_of_principal;
alter table sessions
  drop column worker,
  drop column address,
  drop column number;
