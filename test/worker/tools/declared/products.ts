/** Products, and what statements about them are declared with. */
import assert from 'node:assert/strict';

import type { ToolResult } from '../../../../src/worker/domain/tool-result.ts';
import { openShop, type Shop } from './declared.ts';

const TABLES = `
  create table kinds (kind text primary key);
  create table products (
    id bigint generated always as identity primary key,
    name text not null unique, price numeric not null check (price >= 0), kind text references kinds,
    size varchar(4));
  insert into kinds values ('saw'), ('paint');
  insert into products (name, price, kind) values ('Saw', 12.50, 'saw'), ('Red', 3, 'paint'), ('Blue', 4.25, 'paint');
  create table late (id int primary key, of int references late deferrable initially deferred);
  create function noted(kind text) returns int language sql as $$ insert into kinds values (kind); select 1 $$;`;

export const NAME = 'parameters: { name: { type: string } }\n';
export const N = 'parameters: { n: { type: integer } }\n';
export const WRITES = 'writes: true\n';

/** Opens a shop that has some. */
export const openProducts = (): Promise<Shop> => openShop(TABLES);

/** What a model is told that it did wrong. */
export function textOf({ content, isError }: ToolResult): string {
  assert.equal(isError, true);
  const [block] = content;
  assert.ok(block?.type === 'text');
  return block.text;
}
