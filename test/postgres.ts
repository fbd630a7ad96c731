/** A database of its own for each test file that wants one. */
import { randomBytes } from 'node:crypto';

import { Client } from 'pg';

export interface Database extends AsyncDisposable {
  readonly url: string;
  readonly name: string;
}

/** Makes a database like another, or an empty one, and drops it when disposed of. */
export async function createDatabase(template = 'template0'): Promise<Database> {
  const server = process.env.TEST_DATABASE_URL;
  if (server === undefined) throw new Error('Run tests with npm test: it brings a Postgres along');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await run(server, `create database ${name} template ${template} strategy file_copy`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    name,
    [Symbol.asyncDispose]: () => run(server, `drop database ${name} with (force)`),
  };
}

async function run(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
