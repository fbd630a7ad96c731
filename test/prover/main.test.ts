/** The process that proves a generation, started as the supervisor starts it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';

import { keepGeneration, readProof } from '../../src/shared/generation.ts';
import type { Proof } from '../../src/shared/proof.ts';
import { createDatabase } from '../postgres.ts';
import { INHERITED } from '../support/inherited.ts';
import { toolFile, writeToolsFolder } from '../worker/tools/load/tools-folder.ts';

const BIN = join(import.meta.dirname, '../../bin/holdfast.js');

interface Proved {
  readonly code: unknown;
  readonly proof: Proof | undefined;
  readonly output: string;
}

/** Proves what is in a folder. */
async function prove(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
  idOf = (kept: string): string => kept,
): Promise<Proved> {
  using folder = writeToolsFolder('store', files);
  const stateFolder = mkdtempSync(join(tmpdir(), 'holdfast-prover-'));
  t.after(() => {
    rmSync(stateFolder, { recursive: true });
  });
  const id = idOf(keepGeneration(stateFolder, [folder.path], 0).id);
  const child = spawn(process.execPath, [BIN, 'prove', id], {
    env: { ...INHERITED, MCP_STATE_DIR: stateFolder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const [code] = await once(child, 'close');
  return { code, proof: readProof(stateFolder, id), output };
}

const messagesOf = ({ proof }: Proved) => proof?.faults.map(({ message }) => message);

const TESTED = (name: string, selfTest: string): string => `
  import { defineTool } from 'mcp-holdfast';
  export const ${name} = defineTool({
    name: '${name}', description: 'Tries.', selfTest: ${selfTest}, run: async () => '${name}',
  });`;

suite('proving a generation', () => {
  test('ends with 0 and says what it offers, where all is well', async (t) => {
    const proved = await prove(t, {
      'a.ts': toolFile('one'),
      'b.ts': TESTED('two', 'async (call) => { await call({}); }'),
    });
    assert.equal(proved.code, 0, proved.output);
    assert.deepEqual(
      proved.proof?.entries.map(({ name }) => name),
      ['one', 'two'],
    );
    assert.deepEqual([proved.proof?.faults, proved.proof?.warnings], [[], []]);
  });

  for (const [what, text, message] of [
    ['throws', 'throw new Error("no paint left");', /no paint left/],
    ['ends the process', 'process.exit(0);', /ends the process/],
    ['waits for ever', 'await new Promise(() => undefined);', /waits for what never comes/],
    [
      'throws when it should be over',
      'setTimeout(() => { throw new Error("late"); }, 1); await new Promise((f) => setTimeout(f, 60_000));',
      /^late$/,
    ],
  ] as const) {
    test(`ends with 65 where a file ${what}, and names it`, async (t) => {
      const proved = await prove(t, { 'a.ts': toolFile('one'), 'b.ts': text });
      assert.equal(proved.code, 65, proved.output);
      assert.match(messagesOf(proved)?.join() ?? '', message);
      assert.match(proved.proof?.faults[0]?.file ?? '', /b\.ts$/);
    });
  }

  test('ends with 65 where a selfTest fails, and still says what there is', async (t) => {
    const proved = await prove(
      t,
      {
        'a.ts': TESTED('one', 'async () => { throw new Error("secret-of-mine"); }'),
        'b.ts': TESTED(
          'two',
          'async (call) => { throw new Error((await call({})).content[0].text); }',
        ),
      },
      { SOME_TOKEN: 'secret-of-mine' },
    );
    assert.equal(proved.code, 65, proved.output);
    assert.deepEqual(messagesOf(proved), [
      'fails its selfTest: [redacted]',
      'fails its selfTest: two',
    ]);
    assert.equal(proved.proof?.entries.length, 2);
  });

  test('ends with 65 where there is no such generation', async (t) => {
    const proved = await prove(t, {}, {}, () => 'none');
    assert.equal(proved.code, 65, proved.output);
    assert.deepEqual(messagesOf(proved), ['There is no generation none']);
  });
});

suite('a prover whose starter is gone', () => {
  test('ends with what tools started, whatever keeps it busy', { timeout: 30_000 }, async (t) => {
    using folder = writeToolsFolder('store', {
      'a.ts': `import { spawn } from 'node:child_process';
        spawn('sleep', ['1000'], { stdio: ['ignore', 'inherit', 'inherit'] });
        process.stdout.write('busy');
        for (;;);`,
    });
    const stateFolder = mkdtempSync(join(tmpdir(), 'holdfast-prover-'));
    t.after(() => {
      rmSync(stateFolder, { recursive: true });
    });
    const { id } = keepGeneration(stateFolder, [folder.path], 0);
    const child = spawn(process.execPath, [BIN, 'prove', id], {
      env: { ...INHERITED, MCP_STATE_DIR: stateFolder },
      detached: true,
    });
    t.after(() => child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    child.stdin.destroy();
    // Its output is closed when nobody is left that holds it.
    const [, signal] = await once(child, 'close');
    assert.equal(signal, 'SIGKILL');
  });
});

const MIGRATIONS = {
  'migrations/0001_stock.sql': '-- Up Migration\ncreate table stock (name text);\n',
  'setup.ts': `export const setup = async ({ db }) => {
    await db.query("insert into stock select 'nail' where not exists (select from stock)");
  };`,
};
const ASKS = TESTED(
  'asks',
  `async (_call, { db }) => {
    const rows = await db.query('select name from stock');
    if (rows.length !== 1) throw new Error(JSON.stringify(rows));
  }`,
);

suite('proving what needs a database', () => {
  test('migrates and sets up, then tries the tools', async (t) => {
    await using database = await createDatabase();
    const env = { DATABASE_URL: database.url };
    const files = { ...MIGRATIONS, 'a.ts': ASKS };
    for (const time of ['at first', 'again']) {
      const proved = await prove(t, files, env);
      assert.equal(proved.code, 0, `${time} ${proved.output} ${JSON.stringify(proved.proof)}`);
    }
  });

  test('changes nothing there for what is broken anyway', async (t) => {
    await using database = await createDatabase();
    const env = { DATABASE_URL: database.url };
    const broken = await prove(t, { ...MIGRATIONS, 'a.ts': 'nonsense' }, env);
    assert.equal(broken.code, 65);
    const { 'migrations/0001_stock.sql': _migration, ...rest } = MIGRATIONS;
    const proved = await prove(t, { ...rest, 'a.ts': toolFile('one') }, env);
    assert.match(messagesOf(proved)?.join() ?? '', /stock/, 'there is no table of that name');
  });

  test('names the folder whose migration fails', async (t) => {
    await using database = await createDatabase();
    const proved = await prove(
      t,
      { 'migrations/0001_bad.sql': '-- Up Migration\ncreate nonsense;\n', 'a.ts': toolFile('one') },
      { DATABASE_URL: database.url },
    );
    assert.equal(proved.code, 65);
    assert.match(messagesOf(proved)?.join() ?? '', /nonsense/);
    assert.match(proved.proof?.faults[0]?.file ?? '', /store$/);
  });

  test('warns where there is none, and is no fault of those who ask for it', async (t) => {
    const proved = await prove(t, { ...MIGRATIONS, 'a.ts': ASKS });
    assert.equal(proved.code, 0, proved.output);
    assert.deepEqual(
      proved.proof?.warnings.map(({ subject }) => subject),
      [undefined, 'asks'],
    );
  });
});
