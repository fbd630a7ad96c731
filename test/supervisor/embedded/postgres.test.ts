import assert from 'node:assert/strict';
import { chmodSync, cpSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';

import { Client } from 'pg';

import { EmbeddedPostgres } from '../../../src/supervisor/embedded/postgres.ts';
import {
  findInstalledPostgres,
  reachPostgres,
} from '../../../src/supervisor/embedded/postgres-binaries.ts';
import { EmbeddedRecord } from '../../../src/supervisor/embedded/record.ts';
import { findRunAs } from '../../../src/supervisor/embedded/run-as.ts';
import { StateFolder } from '../../../src/supervisor/state-folder.ts';

const needsRoot = process.getuid?.() === 0 ? false : 'only root runs Postgres as somebody else';

function temporaryFolder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-postgres-'));
  t.after(() => {
    rmSync(path, { recursive: true, force: true });
  });
  return path;
}

/** Starts it in a state folder, asks it, and stops it again. */
async function ask(path: string, sql: string): Promise<{ rows: unknown[]; dataFolder: string }> {
  using state = new StateFolder(path);
  const postgres = await EmbeddedPostgres.prepare({
    stateFolder: state.path,
    record: new EmbeddedRecord(state.path),
    connectionsMax: 20,
    durable: false,
  });
  const server = await postgres.start();
  try {
    const client = new Client({ connectionString: postgres.url });
    await client.connect();
    const { rows } = await client.query<object>(sql);
    await client.end();
    return { rows, dataFolder: postgres.dataFolder };
  } finally {
    await postgres.stop(server);
  }
}

suite('embedded Postgres', { concurrency: 2 }, () => {
  test('is version 18, in UTF-8, and listens on 127.0.0.1 alone', async (t) => {
    const { rows } = await ask(
      temporaryFolder(t),
      `select current_setting('server_version_num')::integer / 10000 as version,
        current_setting('listen_addresses') as listens, current_setting('unix_socket_directories') as sockets,
        current_setting('server_encoding') as encoding`,
    );
    assert.deepEqual(rows, [{ version: 18, listens: '127.0.0.1', sockets: '', encoding: 'UTF8' }]);
  });

  test('keeps its data when the file with its password is lost', async (t) => {
    const path = temporaryFolder(t);
    await ask(path, 'create table kept as select 7 as number');
    rmSync(join(path, 'embedded.json'));
    assert.deepEqual((await ask(path, 'select * from kept')).rows, [{ number: 7 }]);
    assert.equal(statSync(join(path, 'embedded.json')).mode & 0o777, 0o600);
  });

  test('starts again after its postmaster was killed under a busy backend', async (t) => {
    using state = new StateFolder(temporaryFolder(t));
    const postgres = await EmbeddedPostgres.prepare({
      stateFolder: state.path,
      record: new EmbeddedRecord(state.path),
      connectionsMax: 20,
      durable: false,
    });
    const first = await postgres.start();
    const client = new Client({ connectionString: postgres.url });
    client.on('error', () => undefined);
    await client.connect();
    const busy = client.query('do $$ begin loop end loop; end $$').catch(() => 'ended');
    process.kill(first.identity.pid, 'SIGKILL');
    await first.ended;
    const second = await postgres.start();
    assert.equal(await busy, 'ended');
    await postgres.stop(second);
  });

  test('keeps its files elsewhere when its user cannot get to the state folder', {
    skip: needsRoot,
  }, async (t) => {
    const closed = temporaryFolder(t);
    const path = join(closed, 'state');
    const { dataFolder } = await ask(path, 'select 1');
    const home = dirname(dirname(dataFolder));
    t.after(() => {
      rmSync(home, { recursive: true });
    });
    assert.match(home, /^\/var\/lib\/holdfast\//);
    assert.equal(existsSync(join(path, 'postgres')), false);
    assert.equal((await ask(path, 'select 1')).dataFolder, dataFolder);
  });

  test('is copied to where its user can run it, if it cannot where it lies', {
    skip: needsRoot,
  }, (t) => {
    const [closed, open] = [temporaryFolder(t), temporaryFolder(t)];
    chmodSync(open, 0o755);
    const installed = join(closed, 'native');
    cpSync(findInstalledPostgres(), installed, { recursive: true, verbatimSymlinks: true });
    const { postgres, version } = reachPostgres(installed, open, findRunAs());
    assert.ok(postgres.startsWith(open));
    assert.match(version, /^18\./);
    const madeAt = statSync(postgres).ctimeMs;
    assert.equal(reachPostgres(installed, open, findRunAs()).postgres, postgres);
    assert.equal(statSync(postgres).ctimeMs, madeAt);
  });

  test('that nobody can run where it is says what to set', { skip: needsRoot }, (t) => {
    const closed = temporaryFolder(t);
    const installed = join(closed, 'native');
    cpSync(findInstalledPostgres(), installed, { recursive: true, verbatimSymlinks: true });
    assert.throws(
      () => reachPostgres(installed, closed, findRunAs()),
      /MCP_STATE_DIR.*DATABASE_URL/,
    );
  });
});
