-- Up Migration
-- One row: the oldest version of the code that this schema still serves. A migration that older
-- code cannot live with raises it; code that is older then refuses to start.
create table compatibility (
  only_row boolean primary key default true check (only_row),
  oldest_code_version text not null
);
insert into compatibility (oldest_code_version) values ('0.1.0');

-- Down Migration
drop table compatibility;
