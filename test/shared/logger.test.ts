import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a process that logs these lines prints. */
async function printed(options: object, code: string): Promise<string> {
  const program = `
    import { createLogger } from '${join(import.meta.dirname, '../../src/shared/logger.ts')}';
    const redact = (text) => text.replaceAll('hunter2', '[redacted]');
    const log = createLogger({ level: 'info', file: undefined, human: false, redact, fields: { process: 'test', pid: 1 }, ...${JSON.stringify(options)} });
    ${code}`;
  const { stdout } = await run(
    process.execPath,
    ['--input-type=module-typescript', '--eval', program],
    {
      env: { ...process.env, NO_COLOR: '1' },
    },
  );
  return stdout;
}

suite('the log', () => {
  test('is one JSON object a line: when, how grave, what, who, and the rest', async () => {
    const line = await printed({}, "log.info('worker serves', { tools: 4 })");
    const parsed: unknown = JSON.parse(line);
    assert.ok(typeof parsed === 'object' && parsed !== null && 'timestamp' in parsed);
    assert.deepEqual(
      { ...parsed, timestamp: '' },
      { timestamp: '', level: 'info', message: 'worker serves', process: 'test', pid: 1, tools: 4 },
    );
  });

  test('says all of an error, causes and codes too, and no secret', async () => {
    const code = `
      const cause = Object.assign(new Error('hunter2 refused'), { code: 'ECONNREFUSED' });
      log.error('failed', { error: new Error('no database', { cause }) })`;
    const line = await printed({}, code);
    const { error } = JSON.parse(line) as {
      error: { message: string; cause: Record<string, string> };
    };
    assert.equal(error.message, 'no database');
    assert.equal(error.cause.code, 'ECONNREFUSED');
    assert.equal(error.cause.message, '[redacted] refused');
  });

  test('leaves out what is less severe than its level', async () => {
    assert.equal(await printed({ level: 'warn' }, "log.info('a'); log.debug('b')"), '');
  });

  test('speaks to people on a terminal', async () => {
    const line = await printed(
      { human: true },
      "log.warn('waiting', { attempt: 3, for: 'postgres' })",
    );
    assert.match(line, /^\d\d:\d\d:\d\d warn  test +waiting  attempt 3  for postgres\n$/);
  });

  test('goes to a file as well, as JSON, appended by several processes at once', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-log-'));
    try {
      const file = join(folder, 'log');
      const many =
        "for (let i = 0; i < 200; i++) log.info('line', { i, padding: 'x'.repeat(300) })";
      await Promise.all([1, 2, 3].map(() => printed({ file, human: true }, many)));
      const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
      assert.equal(lines.length, 600);
      for (const line of lines)
        assert.equal((JSON.parse(line) as { message: string }).message, 'line');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('costs no process its life when nobody reads it any longer, or the disk is full', async () => {
    const code = `
      process.stdout.emit('error', Object.assign(new Error('broken'), { code: 'EPIPE' }));
      log.info('still here')`;
    assert.match(await printed({ file: '/dev/full' }, code), /still here/);
  });
});
