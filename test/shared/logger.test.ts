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

/** The messages of the lines of a file. */
function messagesIn(path: string): readonly string[] {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  // Our own lines, as the first test has them.
  return lines.map((line) => (JSON.parse(line) as { message: string }).message);
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

  test('names the worker that speaks by its slot, to people', async () => {
    const fields = { process: 'worker', pid: 1, slot: 3 };
    const line = await printed({ human: true, fields }, "log.info('serves', { port: 3000 })");
    assert.match(line, /^\d\d:\d\d:\d\d info  worker 3 +serves  port 3000\n$/);
    const json = await printed({ fields }, "log.info('serves')");
    assert.partialDeepStrictEqual(JSON.parse(json), fields);
  });

  test('strikes out secrets for people too', async () => {
    const line = await printed({ human: true }, "log.info('hunter2', { url: 'a:hunter2@b' })");
    assert.doesNotMatch(line, /hunter2/);
    assert.match(line, /\[redacted\] {2}url a:\[redacted\]@b/);
  });

  test('has no terminal do anything, whatever it is told', async () => {
    const line = await printed(
      { human: true },
      String.raw`log.warn('odd', { name: 'a\r\nb\u001b[2J\u009bc\u202ed' })`,
    );
    assert.ok(line.endsWith(String.raw`name a\u000d\u000ab\u001b[2J\u009bc\u202ed` + '\n'), line);
  });

  test('cuts off what is too long, and no secret in two', async () => {
    const code = `log.warn('long', { text: 'x'.repeat(16_380) + 'hunter2'.repeat(150_000) })`;
    for (const human of [false, true]) {
      // The two say the same in their own ways.
      // oxlint-disable-next-line no-await-in-loop -- see above
      const line = await printed({ human }, code);
      assert.ok(line.length < 17_000, String(line.length));
      assert.match(line, /x\[red … and \d+ more characters/);
      assert.doesNotMatch(line, /hunt/);
    }
  });

  test('listens once to its streams, however often it is made anew', async () => {
    const code = `
      for (let i = 0; i < 3; i++) createLogger({ level: 'info', file: undefined, human: false, redact, fields: {} });
      log.info('counted', { listeners: process.stderr.listenerCount('error') })`;
    assert.match(await printed({}, code), /"listeners":1/);
  });

  test('says by its code why a line could not be written', async () => {
    const code = `
      const codes = [];
      for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners('error');
      const other = createLogger({ level: 'info', file: undefined, human: false, redact, fields: {}, onWriteError: (code) => codes.push(code) });
      process.stdout.emit('error', Object.assign(new Error('full'), { code: 'ENOSPC' }));
      process.stderr.emit('error', new Error('odd'));
      other.info('told', { codes });`;
    assert.match(await printed({}, code), /"codes":\["ENOSPC","unknown error"\]/);
  });

  test('goes on in a new file after the old one was moved aside', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-log-'));
    try {
      const file = join(folder, 'log');
      const code = `
        import { renameSync } from 'node:fs';
        log.info('before');
        renameSync('${file}', '${file}.1');
        log.info('still in the old one');
        log.reopenFile();
        log.info('after');`;
      await printed({ file }, code);
      assert.deepEqual(messagesIn(`${file}.1`), ['before', 'still in the old one']);
      assert.deepEqual(messagesIn(file), ['after']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('goes to a file as well, as JSON, appended by several processes at once', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-log-'));
    try {
      const file = join(folder, 'log');
      const many =
        "for (let i = 0; i < 200; i++) log.info('line', { i, padding: 'x'.repeat(300) })";
      await Promise.all([1, 2, 3].map(() => printed({ file, human: true }, many)));
      const messages = messagesIn(file);
      assert.equal(messages.length, 600);
      assert.ok(messages.every((message) => message === 'line'));
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
