/** What keeps workers from becoming ready. Numbers are those of README.md. */
import assert from 'node:assert/strict';
import cluster from 'node:cluster';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';

import { createDatabase } from '../postgres.ts';
import { Patient, type PatientOptions } from './patient.ts';

const timeout = 180_000;

suite('a start that cannot succeed', { concurrency: 2 }, () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  before(async () => {
    database = await createDatabase();
  });
  after(async () => {
    await database[Symbol.asyncDispose]();
  });
  const start = ({ env, ...rest }: PatientOptions = {}): Patient =>
    new Patient({ ...rest, env: { DATABASE_URL: database.url, ...env } });

  test('a setting that is missing ends it at once, and is named (1)', { timeout }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-faults-'));
    t.after(() => {
      rmSync(folder, { recursive: true });
    });
    const termination = join(folder, 'termination');
    await using patient = start({
      env: { MCP_ENV: 'production', REDIS_URL: '', MCP_TERMINATION_LOG: termination },
    });
    assert.equal((await patient.ended).code, 78);
    const { class: crashClass, cause } = patient.fatal();
    assert.equal(crashClass, 'config');
    assert.match(cause, /REDIS_URL/);
    const short = readFileSync(termination, 'utf8');
    assert.match(short, /^FATAL \[config\] exit 78 CONFIG: .*REDIS_URL/);
    assert.ok(Buffer.byteLength(short) <= 4_000);
    assert.equal(patient.starts, 0);
  });

  test('a package that is missing ends it at once, and is named (2)', { timeout }, async () => {
    await using patient = start({ tools: 'missing-package.ts' });
    assert.equal((await patient.ended).code, 78);
    const { class: crashClass, cause } = patient.fatal();
    assert.equal(crashClass, 'missing_module');
    assert.match(cause, /left-pad-of-yesterday/);
    assert.equal(patient.starts, 1);
  });

  test('a port that is taken for ever is tried four times, and its holder is named (3)', {
    timeout,
  }, async () => {
    await using squatter = await squat();
    await using patient = start({ env: { MCP_PORT: String(squatter.port) } });
    assert.equal((await patient.ended).code, 69);
    const { class: crashClass, cause, evidence } = patient.fatal();
    assert.equal(crashClass, 'port_in_use');
    assert.match(cause, new RegExp(`Port ${squatter.port} of 127.0.0.1`));
    assert.match(evidence.portHolder ?? '', new RegExp(String(process.pid)));
    assert.equal(patient.said('port is taken, and tried again').length, 3);
    assert.equal(patient.starts, 0);
  });

  test('a port that is freed in time is waited for (4)', { timeout }, async (t) => {
    const squatter = await squat();
    await using patient = start({
      env: { MCP_PORT: String(squatter.port), MCP_SUPERVISOR_BACKOFF_MS: '500' },
    });
    await patient.hears(t, 'port is taken, and tried again');
    await squatter[Symbol.asyncDispose]();
    await patient.running();
    patient.child.kill('SIGTERM');
    assert.equal((await patient.ended).code, 0);
  });

  test('a crash that nobody foresaw is tried five times, with growing waits (5)', {
    timeout,
  }, async () => {
    await using patient = start({ tools: 'dies-at-import.ts' });
    assert.equal((await patient.ended).code, 70);
    assert.equal(patient.starts, 5);
    const { class: crashClass, cause, attempts } = patient.fatal();
    assert.equal(crashClass, 'uncaught');
    assert.match(cause, /TypeError: Cannot read properties of undefined/);
    assert.deepEqual([attempts.total, attempts.identical], [5, 5]);
    const waits = patient.said('worker is started again').map(({ delayMs }) => Number(delayMs));
    for (const [index, wait] of waits.entries()) {
      const longest = 100 * 2 ** index;
      assert.ok(wait >= longest / 2 && wait <= longest, `${wait} ms of ${longest}`);
    }
  });

  test('a worker that never becomes ready is ended at its deadline (6)', {
    timeout,
  }, async () => {
    await using patient = start({
      tools: 'never-loads.ts',
      env: { MCP_SUPERVISOR_BOOT_MS: '3000' },
    });
    assert.equal((await patient.ended).code, 70);
    const { class: crashClass, cause } = patient.fatal();
    assert.equal(crashClass, 'ready_timeout');
    assert.match(cause, /not ready after 3 s, in the phase "loading-tools"/);
    assert.equal(patient.starts, 5);
  });

  test('a heap that is full before it is ready is called by its name (27)', {
    timeout,
  }, async () => {
    await using patient = start({
      tools: 'eats-heap-at-import.ts',
      env: { MCP_WORKER_MEMORY_BYTES: '134217728', MCP_SUPERVISOR_SILENCE_MS: '20000' },
    });
    assert.equal((await patient.ended).code, 70);
    const { class: crashClass, evidence } = patient.fatal();
    assert.equal(crashClass, 'oom_heap');
    assert.ok((evidence.heapLimitBytes ?? 0) < 200 * 1_048_576);
    assert.equal(patient.starts, 5);
  });

  test('within another cluster it refuses, and says how to run it (58)', {
    timeout,
  }, async () => {
    cluster.setupPrimary({
      exec: join(import.meta.dirname, '../../bin/holdfast.js'),
      args: ['start'],
      silent: true,
      serialization: 'json',
    });
    const worker = cluster.fork({ MCP_PORT: '0', MCP_ADMIN_PORT: '0' });
    let stderr = '';
    worker.process.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const [code] = await once(worker.process, 'close');
    assert.equal(code, 78);
    assert.match(stderr, /FATAL \[config\] exit 78 CONFIG: .*worker of another cluster/);
    assert.match(stderr, /"exec_mode": "fork"/);
  });
});

async function squat(): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}
