-- Up Migration
-- What tools told agents of themselves when an operator approved them. A tool that is not here is served as it is.
create table tool_pins (
  name text primary key,
  -- A hash of what it told.
  definition text not null,
  -- What it told, for people to compare.
  told jsonb not null,
  pinned_at timestamptz not null default now()
);

-- Down Migration
drop table tool_pins;
