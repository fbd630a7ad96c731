import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');
const BIN = join(ROOT, 'bin/holdfast.js');

function run(...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, stdout, stderr });
    });
  });
}

suite('bin/holdfast.js', () => {
  test('says its version', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      version: string;
    };
    assert.deepEqual(await run(BIN, '--version'), { code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test('helps, and turns down what it does not know with 64', async () => {
    const { code: helped, stdout: help } = await run(BIN, '--help');
    assert.equal(helped, 0);
    assert.match(help, /^Usage: holdfast <command>[^]*\n {2}start [^]*\n {2}state /);
    for (const [args, fault] of [
      [['serve'], /^holdfast: unknown command 'serve'\nSee "holdfast --help"/],
      [['toString'], /unknown command 'toString'/],
      [['worker', 'x'], /unknown command 'worker'/],
      [['--port'], /unknown option '--port'/],
      [[], /^Usage: holdfast <command>/],
    ] as const) {
      const { code, stdout, stderr } = await run(BIN, ...args);
      assert.equal(code, 64);
      assert.equal(stdout, '');
      assert.match(stderr, fault);
    }
  });

  test('reports arguments of "start" as it does every other reason not to start', async () => {
    const { code, stderr } = await run(BIN, 'start', '--port', '4000');
    assert.equal(code, 64);
    assert.match(stderr, /^FATAL \[usage\] exit 64 USAGE: "holdfast start" takes no arguments/m);
  });

  test('ends with 78 and one sentence under a Node that is too old', async () => {
    const pretend =
      'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.20.2"}})';
    for (const command of ['start', '--version', 'state']) {
      const { code, stdout, stderr } = await run('--import', pretend, BIN, command);
      assert.equal(code, 78);
      assert.equal(stdout, '');
      assert.match(stderr, /^holdfast: Node 20\.20\.2 cannot run Holdfast.*npm start[^\n]*\n$/);
    }
  });

  test('ends with 78 and one sentence that names a file that is missing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-bin-'));
    try {
      for (const part of ['bin', 'src', 'package.json']) {
        cpSync(join(ROOT, part), join(folder, part), { recursive: true });
      }
      symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
      rmSync(join(folder, 'src/shared/errors.ts'));
      const { code, stderr } = await run(join(folder, 'bin/holdfast.js'), 'start');
      assert.equal(code, 78);
      assert.match(stderr, /^holdfast: [^\n]*shared\/errors\.ts'\. Run "npm ci" in [^\n]*\n$/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('ends with 78 and one sentence that names a package that is missing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-bin-'));
    try {
      for (const part of ['bin', 'src', 'package.json']) {
        cpSync(join(ROOT, part), join(folder, part), { recursive: true });
      }
      for (const command of ['start', 'worker', '--version']) {
        const { code, stderr } = await run(join(folder, 'bin/holdfast.js'), command);
        assert.equal(code, 78);
        assert.match(
          stderr,
          /^holdfast: Cannot find package '\w+' [^\n]*Run "npm ci" in [^\n]*\n$/,
        );
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
