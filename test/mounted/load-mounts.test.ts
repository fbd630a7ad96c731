import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';

import { silent } from '../../src/shared/logger.ts';
import { LoadFailure } from '../../src/worker/tools/load/load-failure.ts';
import { loadFile } from '../../src/worker/tools/load/load-file.ts';
import type { MountedOutcome } from '../../src/worker/tools/mounted/observer.ts';
import { keptSource } from '../worker/tools/load/tools-folder.ts';
import { fixture, loadText, mount, PATIENCE, program } from './mounted.ts';
import { isAlive } from './mounted-hostile.ts';

const WITHIN = { timeout: 20_000 };

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'mounts-'));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  return folder;
}

async function faultsOf(servers: object): Promise<readonly string[]> {
  const loaded = await loadText(JSON.stringify({ mcpServers: servers })).catch(
    (error: unknown) => error,
  );
  assert.ok(loaded instanceof LoadFailure, String(loaded));
  return loaded.faults.map(({ message }) => message);
}

suite('a file of servers that is loaded', () => {
  test('is found in a folder of tools, and other JSON there is passed over', async (t) => {
    const folder = folderOf(t);
    const { command, args } = program('hostile.ts', 'works');
    const text = JSON.stringify({ mcpServers: { it: { command, args } } });
    writeFileSync(join(folder, 'servers.json'), text);
    writeFileSync(join(folder, 'prices.json'), '{"bolts": 1}');
    writeFileSync(join(folder, 'large.json'), `"${'mcpServers'.repeat(200_000)}"`);
    const { files } = keptSource(folder);
    assert.equal(files.length, 3);
    const options = { environment: process.env, log: silent };
    const loaded = await Promise.all(files.map((file) => loadFile(file, options)));
    const live = loaded.flatMap(({ live: some = [] }) => some);
    t.after(() => live[0]?.[Symbol.asyncDispose]());
    assert.deepEqual(
      live.map(({ source, tools }) => [source, tools.map(({ name }) => name)]),
      [['it', ['it_works', 'it_does']]],
    );
  });

  test('with a program that does not exist is at fault, and whatever it started is ended', async (t) => {
    const place = join(folderOf(t), 'pid');
    const faults = await faultsOf({
      first: program('hostile.ts', 'has-children', place),
      second: { command: 'there-is-no-such-program' },
      third: { command: process.execPath, cwd: '/there/is/no/such/folder' },
    });
    assert.deepEqual(faults, [
      'mcpServers.second: command cannot be started: ENOENT',
      'mcpServers.third: cwd is no folder',
    ]);
    await t.waitFor(() => {
      assert.ok(!isAlive(Number(readFileSync(place, 'utf8'))));
    }, WITHIN);
  });

  test('with a file that is no program is at fault', async (t) => {
    const command = join(folderOf(t), 'data');
    writeFileSync(command, 'data');
    chmodSync(command, 0o644);
    assert.deepEqual(await faultsOf({ it: { command } }), [
      'mcpServers.it: command cannot be started: EACCES',
    ]);
  });

  test('is patient with a server that takes long, and serves the others meanwhile', async () => {
    const servers = {
      slow: program('hostile.ts', 'never-shakes-hands'),
      quick: program('hostile.ts', 'works'),
    };
    const { live = [], warnings } = await loadText(JSON.stringify({ mcpServers: servers }), {
      patience: { answerMs: 4_000 },
    });
    await using _opened = disposing(live);
    assert.deepEqual(
      live.map(({ tools }) => tools.length),
      [0, 2],
    );
    assert.deepEqual(
      (warnings ?? []).map(({ subject, message }) => [subject, message]),
      [
        [
          'slow',
          'The server "slow" is away, and its tools are not served until it is back: it does not answer in time',
        ],
      ],
    );
  });
});

test('what happens to a mounted server is counted', async (t) => {
  const counted: string[] = [];
  const observeMounted = (server: string) => ({
    up: (isUp: boolean) => counted.push(`${server} ${isUp ? 'up' : 'down'}`),
    restart: () => counted.push('restart'),
    end: (outcome: MountedOutcome) => counted.push(outcome),
    [Symbol.dispose]: () => counted.push('gone'),
  });
  const server = { ...program('hostile.ts', 'dies-with-last-words'), timeoutMs: 10_000 };
  const mounted = await mount(server, { observeMounted });
  await mounted.call('it_works');
  await mounted.call('it_does').catch(() => undefined);
  await t.waitFor(() => mounted.call('it_works'), WITHIN);
  await mounted[Symbol.asyncDispose]();
  const standings = counted.filter((one) => /^it |restart|gone/.test(one));
  assert.deepEqual(standings, ['it up', 'it down', 'restart', 'it up', 'it down', 'gone']);
  assert.equal(counted.filter((one) => one === 'ok').length, 2);
  assert.ok(counted.includes('unavailable'));
});

test('a worker that ends in whatever way takes its programs with it', async (t) => {
  const place = join(folderOf(t), 'pid');
  const script = `
    import { createMountLoader } from ${JSON.stringify(import.meta.resolve('../../src/worker/tools/mounted/load-mounts.ts'))};
    import { writeFileSync } from 'node:fs';
    const path = ${JSON.stringify(`${place}.json`)};
    writeFileSync(path, ${JSON.stringify(JSON.stringify({ mcpServers: { it: { command: process.execPath, args: [fixture('hostile.ts'), 'has-children', place] } } }))});
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    await createMountLoader(${JSON.stringify(PATIENCE)})({ path, keptAt: path, version: '' }, { environment: process.env, log });
    process.exit(0);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: 'inherit',
  });
  await once(child, 'exit');
  await t.waitFor(() => {
    assert.ok(!isAlive(Number(readFileSync(place, 'utf8'))));
  }, WITHIN);
});

function disposing(all: readonly AsyncDisposable[]): AsyncDisposableStack {
  const stack = new AsyncDisposableStack();
  for (const one of all) stack.use(one);
  return stack;
}
