-- Up Migration
-- Who did what. A part for each day (UTC), made ahead of time by the sweeper and dropped as a whole when it is too old; what
-- belongs to no day yet goes into a part for all others, so that nothing is lost for want of one.
create sequence audit_ids;
create table audit (
  at timestamptz not null,
  -- The order of what was written at the same moment. Before Postgres 17 a table with parts can have no identity.
  id bigint not null default nextval('audit_ids'),
  -- call, refusal or administration.
  kind text not null,
  who text,
  address text,
  action text not null,
  subject text,
  -- SHA-256 of the arguments.
  arguments_hash bytea,
  outcome text not null,
  duration_ms real,
  -- Which worker wrote it; nothing for what was done on the command line.
  worker text
) partition by range (at);
alter sequence audit_ids owned by audit.id;
create table audit_other partition of audit default;
create index audit_at on audit (at, id);
create index audit_who on audit (who, at, id);
create index audit_subject on audit (subject, at, id);

-- What is written stays as it was written.
create function refuse_change_of_audit() returns trigger language plpgsql as $$
begin
  raise exception 'the audit is only ever added to' using errcode = 'insufficient_privilege';
end $$;
create trigger append_only before update or delete on audit
  for each row execute function refuse_change_of_audit();
-- Each part has one of these of its own: parts do not get it from their table.
create trigger no_truncate before truncate on audit
  for each statement execute function refuse_change_of_audit();
create trigger no_truncate before truncate on audit_other
  for each statement execute function refuse_change_of_audit();

-- Down Migration
drop table audit;
drop function refuse_change_of_audit();
