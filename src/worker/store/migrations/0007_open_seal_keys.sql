-- Up Migration
-- Those that open, which every worker reads again all the time: however many were retired.
create index seal_keys_open on seal_keys (id) where retired_at is null;

-- Down Migration
drop index seal_keys_open;
