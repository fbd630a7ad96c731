import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
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
    assert.match((await run(BIN, '--help')).stdout, /^Usage: holdfast <command>/);
    for (const [args, fault] of [
      [['serve'], /there is no command "serve"/],
      [['toString'], /there is no command/],
      [[], /a command is missing/],
      [['start', '--port', '4000'], /"start" takes no arguments/],
    ] as const) {
      const { code, stderr } = await run(BIN, ...args);
      assert.equal(code, 64);
      assert.match(stderr, fault);
    }
  });

  test('ends with 78 and one sentence under a Node that is too old', async () => {
    const pretend =
      'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.20.2"}})';
    const { code, stdout, stderr } = await run('--import', pretend, BIN, 'start');
    assert.equal(code, 78);
    assert.equal(stdout, '');
    assert.match(stderr, /^holdfast: Node 20\.20\.2 cannot run Holdfast.*npm start[^\n]*\n$/);
  });

  test('ends with 78 and one sentence that names a package that is missing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-bin-'));
    try {
      for (const part of ['bin', 'src', 'package.json']) {
        cpSync(join(ROOT, part), join(folder, part), { recursive: true });
      }
      for (const command of ['start', 'worker']) {
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
