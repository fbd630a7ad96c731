/** A database with the hardware store's catalogue in it, and ways to ask it. */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';

import { Client } from 'pg';
import { z } from 'zod';

import { searchProducts } from '../../examples/hardware-store/search-products.ts';
import { setup } from '../../examples/hardware-store/setup.ts';
import { silent } from '../../src/shared/logger.ts';
import { contextDuring } from '../../src/worker/domain/context.ts';
import { migrateSchema } from '../../src/worker/store/migrate.ts';
import {
  ClientDatabase,
  enterSchema,
} from '../../src/worker/store/tool-database/client-database.ts';
import type { Tool } from '../../src/worker/tools/tool.ts';
import { createDatabase } from '../postgres.ts';
import { contextOf, noFacilities } from '../worker/tools/tool-context.ts';

const SCHEMA = 'hardware_store';
const FOLDER = fileURLToPath(new URL('../../examples/hardware-store/migrations', import.meta.url));

const Found = z.object({
  products: z.array(
    z.object({
      sku: z.string(),
      name: z.string(),
      category: z.string(),
      price_cents: z.int(),
      in_stock: z.int(),
    }),
  ),
  more: z.boolean(),
});
export const Stock = z.object({
  warehouses: z.array(z.object({ city: z.string(), quantity: z.int() })),
  total: z.int(),
  available_from_one: z.boolean(),
  available_from_all: z.boolean(),
});
export const Quote = z.object({
  quote_id: z.int(),
  lines: z.array(
    z.object({
      sku: z.string(),
      quantity: z.int(),
      unit_price_cents: z.int(),
      discount_percent: z.int(),
      total_cents: z.int(),
    }),
  ),
  net_cents: z.int(),
  vat_cents: z.int(),
  gross_cents: z.int(),
  gross: z.string(),
});

interface ProductRow {
  readonly sku: string;
  readonly name: string;
  readonly price_cents: number;
}

/** A store with its tables, and nothing in them. */
export async function openStore() {
  const database = await createDatabase();
  const client = new Client({ connectionString: database.url });
  await client.connect();
  await migrateSchema({ client, schema: SCHEMA, folder: FOLDER, log: silent });
  await enterSchema(client, SCHEMA);
  const db = new ClientDatabase(client, SCHEMA);

  function call(tool: Tool, given: Readonly<Record<string, unknown>>): Promise<unknown> {
    const { signal } = new AbortController();
    const context = contextOf({ principal: { id: 'tester', scopes: 'all' } });
    const { cache, fetch } = noFacilities;
    const facilities = { db: { during: () => db }, cache, fetch };
    return tool.run(
      given,
      contextDuring(context, { signal, cancellation: signal, waitFor: (it) => it }, facilities),
    );
  }

  return {
    db,
    call,
    load: (progress: (done: number) => void) => setup({ db, log: silent, progress }),
    search: async (given: Readonly<Record<string, unknown>>) =>
      Found.parse(await call(searchProducts, given)),
    async count(from: string): Promise<number> {
      const [row] = await db.query<{ count: number }>(
        `select count(*)::integer as count from ${from}`,
      );
      return row?.count ?? -1;
    },
    async findOne(where: string): Promise<ProductRow> {
      const [row] = await db.query<ProductRow>(
        `select sku, name, price_cents from products where ${where} order by id limit 1`,
      );
      assert.ok(row);
      return row;
    },
    async [Symbol.asyncDispose]() {
      await client.end();
      await database[Symbol.asyncDispose]();
    },
  };
}

export type Store = Awaited<ReturnType<typeof openStore>>;
