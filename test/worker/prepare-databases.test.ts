import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Failure } from '../../src/shared/errors.ts';
import { silent } from '../../src/shared/logger.ts';
import { prepareDatabases } from '../../src/worker/prepare-databases.ts';
import { lockMigrations } from '../../src/worker/store/migrate.ts';
import { openClient } from '../../src/worker/store/pool.ts';
import { createDatabase } from '../postgres.ts';
import { recordLog } from './recorded-log.ts';
import { keptSource, writeToolsFolder } from './tools/load/tools-folder.ts';

const MIGRATION = '-- Up Migration\ncreate table stock (name text);\n';
const SETUP = `
  export async function setup({ db, progress, log }) {
    const [{ count }] = await db.query('select count(*)::int from stock');
    if (count > 0) return;
    await db.transaction((inside) => inside.copy('stock', ['name'], [['a'], ['b']]));
    progress(2, 2);
    log.info('stocked');
  }`;
const STORE = { 'migrations/0001_stock.sql': MIGRATION, 'setup.js': SETUP };

/** What is in the table of each schema. */
async function stockOf(url: string, ...schemas: readonly string[]): Promise<readonly unknown[]> {
  const client = await openClient(url);
  const sql = schemas.map((schema) => `select '${schema}' as schema, name from ${schema}.stock`);
  const { rows } = await client.query(`${sql.join(' union all ')} order by schema, name`);
  await client.end();
  return rows;
}

const options = {
  version: '0.1.0',
  log: silent,
  enter: () => undefined,
  showProgress: () => undefined,
};

suite('preparing databases', () => {
  test('migrates and sets up each folder in its own schema, and says how far it is', async () => {
    await using database = await createDatabase();
    using paint = writeToolsFolder('paint', STORE);
    using saws = writeToolsFolder('saws', STORE);
    const { log, lines } = recordLog();
    const shown: unknown[] = [];
    await prepareDatabases({
      ...options,
      url: database.url,
      sources: [paint.path, saws.path].map(keptSource),
      log,
      showProgress: (...progress) => shown.push(progress),
    });
    assert.deepEqual(await stockOf(database.url, 'paint', 'saws'), [
      { schema: 'paint', name: 'a' },
      { schema: 'paint', name: 'b' },
      { schema: 'saws', name: 'a' },
      { schema: 'saws', name: 'b' },
    ]);
    assert.deepEqual(shown, [
      ['paint', 2, 2],
      ['saws', 2, 2],
    ]);
    const said = ['migrated', 'migrated', 'stocked', 'migrated', 'stocked'];
    assert.deepEqual(
      lines.map(({ message }) => message),
      said,
    );
  });

  test('says what comes next, a set-up for each folder that has one', async () => {
    await using database = await createDatabase();
    using paint = writeToolsFolder('paint', STORE);
    using bare = writeToolsFolder('bare', { 'migrations/0001_stock.sql': MIGRATION });
    using saws = writeToolsFolder('saws', STORE);
    const phases: string[] = [];
    await prepareDatabases({
      ...options,
      url: database.url,
      sources: [paint.path, bare.path, saws.path].map(keptSource),
      enter: (phase) => phases.push(phase),
    });
    assert.deepEqual(phases, ['waiting-for-migration', 'migrating', 'setup', 'setup']);
  });

  test('is waiting while another migrates, and says so', async (t) => {
    await using database = await createDatabase();
    const other = await openClient(database.url);
    await lockMigrations(other);
    const phases: string[] = [];
    const prepared = prepareDatabases({
      ...options,
      url: database.url,
      sources: [],
      enter: (phase) => phases.push(phase),
    });
    await t.waitFor(() => assert.deepEqual(phases, ['waiting-for-migration']));
    await other.end();
    await prepared;
    assert.deepEqual(phases, ['waiting-for-migration', 'migrating']);
  });

  test('is done once although two start at the same time and again later', async () => {
    await using database = await createDatabase();
    using paint = writeToolsFolder('paint', STORE);
    const sources = [keptSource(paint.path)];
    const { log, lines } = recordLog();
    const prepare = (): Promise<void> =>
      prepareDatabases({ ...options, url: database.url, sources, log });
    await Promise.all([prepare(), prepare(), prepare()]);
    await prepare();
    assert.deepEqual(
      lines.map(({ message }) => message),
      ['migrated', 'migrated', 'stocked'],
    );
    assert.equal((await stockOf(database.url, 'paint')).length, 2);
  });

  test('fails with what a setup throws, and lets the next one begin', async () => {
    await using database = await createDatabase();
    using broken = writeToolsFolder('broken', {
      'setup.js': "export const setup = () => Promise.reject(new Error('out of paint'));",
    });
    using paint = writeToolsFolder('paint', STORE);
    const prepare = (path: string): Promise<void> =>
      prepareDatabases({ ...options, url: database.url, sources: [keptSource(path)] });
    await assert.rejects(prepare(broken.path), /out of paint/);
    await prepare(paint.path);
  });

  test('is refused to code that is older than the schema', async () => {
    await using database = await createDatabase();
    const prepare = (version: string): Promise<void> =>
      prepareDatabases({ ...options, version, url: database.url, sources: [] });
    await prepare('0.1.0');
    await assert.rejects(prepare('0.0.9'), (thrown) => {
      return thrown instanceof Failure && thrown.code === 'invalid';
    });
  });
});
