-- Up Migration
create table kept (id uuid primary key);
