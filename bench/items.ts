/** A table that calls read, and the tools that read it. */

const ITEMS = 100_000;
/** The one that is read, again and again. */
export const ITEM = { id: 4_711, name: 'item 4711' } as const;

export const FILL_ITEMS = `
  create table public.items (
    id bigint primary key, name text not null, price numeric not null, stock int not null);
  insert into public.items
  select n, 'item ' || n, n % 1000 / 10.0, n % 7 from generate_series(1, ${ITEMS}) n;
  analyze public.items;`;

export const READ_ITEM = 'select id, name, price, stock from items where id = $1';

const SQL_FIELDS = `
description: Reads an item.
kind: sql
parameters:
  id: { type: integer }
result: one
sql: ${READ_ITEM.replace('$1', '$id')}
`;

/** Reads it by a declared statement; and the same, whose answers are kept. */
export const DECLARED_TOOLS = `name: read_declared${SQL_FIELDS}---
name: read_cached${SQL_FIELDS}cache: { ttlMs: 3600000 }
`;

/** Reads it by code. */
export const CODED_TOOLS = `
import { defineTool } from 'mcp-holdfast';

export const read = defineTool({
  name: 'read_coded',
  description: 'Reads an item.',
  input: { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] },
  run: async ({ id }, { db }) => {
    const [item] = await db.query('${READ_ITEM}', [id]);
    return item;
  },
});

export const plain = defineTool({
  name: 'plain',
  description: 'Answers as the others, and reads nothing.',
  input: { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] },
  run: async ({ id }) => ({ id, name: 'item ' + id, price: 71.1, stock: 0 }),
});
`;
