/** Tools that need Postgres, or do not, or too much of it. */
import { defineTool } from 'mcp-holdfast';
import { z } from 'zod';

export const whoServes = defineTool({
  name: 'who_serves',
  description: 'The process that serves this call. Needs nothing.',
  output: z.object({ pid: z.int() }),
  run: async () => ({ pid: process.pid }),
});

export const keeps = defineTool({
  name: 'keeps',
  description: 'Answers once a row is kept.',
  input: z.object({ id: z.uuid() }),
  async run({ id }, { db }) {
    await db.query('insert into kept (id) values ($1)', [id]);
    return 'kept';
  },
});

export const asksPostgres = defineTool({
  name: 'asks_postgres',
  description: 'Asks Postgres for next to nothing.',
  async run(_given, { db }) {
    const [row] = await db.query<{ one: number }>('select 1 as one');
    return row ?? {};
  },
});

export const sleepsInPostgres = defineTool({
  name: 'sleeps_in_postgres',
  description: 'Holds a connection for a while.',
  input: z.object({ ms: z.int().min(0).max(60_000) }),
  async run({ ms }, { db }) {
    await db.query('select pg_sleep($1::float8 / 1000)', [ms]);
    return `slept ${ms} ms`;
  },
});

export const isTooSlow = defineTool({
  name: 'is_too_slow',
  description: 'Has a second, and a statement that takes a minute.',
  timeoutMs: 1_000,
  async run(_given, { db }) {
    await db.query('select pg_sleep(60)');
    return 'done';
  },
});

export const announces = defineTool({
  name: 'announces',
  description: 'Tells all agents that something changed.',
  async run(_given, { announce }) {
    await announce({ list: 'tools' });
    return 'announced';
  },
});
