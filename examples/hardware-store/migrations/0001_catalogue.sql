-- Up Migration

-- The keys of stock, the category's foreign key and the index for the search are made in setup.ts,
-- after the data: checked and built for all rows at once, they save a third of the time to load.

create table categories (
  department text not null,
  name text not null,
  primary key (department, name)
);

create table products (
  id integer primary key,
  sku text not null unique,
  name text not null,
  brand text not null,
  department text not null,
  category text not null,
  description text not null,
  attributes jsonb not null,
  price_cents integer not null check (price_cents > 0),
  currency text not null default 'EUR',
  unit text not null,
  weight_grams integer not null,
  discontinued boolean not null,
  search tsvector not null generated always as (
    setweight(to_tsvector('english', sku || ' ' || name), 'A') ||
    setweight(to_tsvector('english', brand || ' ' || department || ' ' || category), 'B') ||
    setweight(to_tsvector('english', description), 'C')
  ) stored
);

create table warehouses (
  id integer primary key,
  city text not null unique
);

-- No row: the warehouse does not carry the product.
create table stock (
  product_id integer not null,
  warehouse_id integer not null,
  quantity integer not null check (quantity >= 0)
);

create table quotes (
  id integer primary key generated always as identity,
  principal text not null,
  reference text,
  created_at timestamptz not null default now(),
  valid_until date not null,
  net_cents bigint not null,
  vat_cents bigint not null,
  gross_cents bigint not null
);

create table quote_lines (
  quote_id integer not null references quotes on delete cascade,
  line integer not null,
  product_id integer not null references products,
  quantity integer not null check (quantity > 0),
  unit_price_cents integer not null,
  discount_percent integer not null,
  total_cents bigint not null,
  primary key (quote_id, line)
);

-- Down Migration

drop table quote_lines, quotes, stock, warehouses, products, categories;
