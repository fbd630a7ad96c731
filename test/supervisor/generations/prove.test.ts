/** The process that loads tools may fail in whatever way: there is always a proof. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import { type ProveOptions, prove } from '../../../src/supervisor/generations/prove.ts';
import { makeFolders } from './generations-folder.ts';

const GENERATION = '0123456789abcdef';
const bin = join(import.meta.dirname, 'fixtures/prover.ts');
const never = new AbortController().signal;

async function proveWith(
  what: string,
  {
    signal = never,
    isFolder = false,
    ...options
  }: Partial<ProveOptions> & { readonly signal?: AbortSignal; readonly isFolder?: boolean } = {},
) {
  using folders = makeFolders();
  const { stateFolder } = folders;
  mkdirSync(join(stateFolder, 'generations'));
  // Of another time: it must not be taken for what comes of this one.
  const path = join(stateFolder, 'generations', `${GENERATION}.proof.json`);
  if (isFolder) mkdirSync(join(path, 'inner'), { recursive: true });
  else writeFileSync(path, '{}');
  const lines: string[] = [];
  const proof = await prove(
    GENERATION,
    {
      stateFolder,
      bin,
      execArgv: [],
      environment: { PROVER: what, PROVER_STATE: stateFolder },
      deadlineMs: 20_000,
      onLine: (line) => lines.push(line),
      ...options,
    },
    signal,
  );
  return { proof, lines, message: proof.faults[0]?.message ?? '' };
}

/** Whether a process runs. One that has ended, and was not looked after yet, does not. */
function runs(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

function leftBy(lines: readonly string[]): number {
  return Number(/left (\d+)/.exec(lines.join('\n'))?.[1]);
}

suite('proving a generation', () => {
  test('ends in what the process found', async () => {
    const { proof } = await proveWith('fit');
    assert.deepEqual(proof.faults, []);
    assert.equal(proof.generation, GENERATION);
    assert.equal(proof.entries[0]?.name, 'add');
  });

  test('is not hindered by what others put where it is kept', async () => {
    const { proof } = await proveWith('fit', { isFolder: true });
    assert.deepEqual(proof.faults, []);
    const { message } = await proveWith('makes-a-folder');
    assert.match(message, /ended early \(exit 0\)/);
  });

  test('ends in the faults it found, however the process ended', async () => {
    const { proof } = await proveWith('unfit');
    assert.partialDeepStrictEqual(proof.faults, [
      { file: '/tools/a.ts', line: 3, column: 5, message: 'Unexpected end of input' },
    ]);
  });

  test('has the environment and the options that it is given, and no others', async () => {
    const { lines } = await proveWith('says-its-surroundings', {
      execArgv: ['--max-old-space-size=64'],
    });
    const { env, execArgv, isHeld } = JSON.parse(lines[0] ?? '');
    assert.ok(isHeld, 'it hears of our end by its stdin');
    // Node adds it where coverage is measured.
    const { NODE_V8_COVERAGE: _coverage, ...given } = env;
    assert.deepEqual(Object.keys(given).toSorted(), ['PROVER', 'PROVER_STATE']);
    assert.deepEqual(execArgv, ['--max-old-space-size=64']);
  });

  for (const [what, expected] of [
    ['dies', /ended early \(exit 7\)/],
    ['aborts', /was aborted/],
    ['dies-after-it-wrote', /ended early \(exit 3\)/],
    ['writes-nonsense', /ended early \(exit 0\)/],
  ] as const) {
    test(`has a fault if the process ${what}`, async () => {
      const { message } = await proveWith(what);
      assert.match(message, expected);
    });
  }

  test('has a fault if the process cannot even be started', async () => {
    const { message } = await proveWith('fit', { bin: '/nowhere/holdfast.js' });
    assert.match(message, /ended early \(exit 1\)/);
  });

  test('passes on what the process prints, within bounds', async () => {
    const { lines } = await proveWith('dies');
    assert.deepEqual(lines, ['it was too much']);
    const { proof, lines: many } = await proveWith('floods');
    assert.deepEqual(proof.faults, []);
    assert.ok(many.length < 10_000, `${many.length} lines`);
    assert.ok(many.includes('(more is printed than is passed on)'));
  });

  test('ends at its deadline, and with it what the tools started', async (t) => {
    const { message, lines } = await proveWith('hangs', { deadlineMs: 2_000 });
    assert.match(message, /do not finish loading within 2000 ms/);
    const left = leftBy(lines);
    assert.ok(left > 0);
    await t.waitFor(() => {
      assert.ok(!runs(left));
    });
  });

  test('leaves nobody behind, even if all went well', async (t) => {
    const { proof, lines } = await proveWith('leaves-somebody');
    assert.deepEqual(proof.faults, []);
    const left = leftBy(lines);
    assert.ok(left > 0);
    await t.waitFor(() => {
      assert.ok(!runs(left));
    });
  });

  test('is broken off when nobody wants it any more', async () => {
    const { message } = await proveWith('hangs', { signal: AbortSignal.timeout(1_000) });
    assert.match(message, /Holdfast stops/);
    const { lines } = await proveWith('fit', { signal: AbortSignal.abort() });
    assert.deepEqual(lines, []);
  });
});
