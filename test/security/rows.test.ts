/** Which of the numbered rows of our checklist the tests of this folder show. `UPDATE_README=1` writes the list anew. */
import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';

const README = join(import.meta.dirname, 'README.md');
const ROWS = 70;
const SHOWN = /(<!-- shown -->\n)[^]*?(<!-- \/shown -->)/;

/** The files that show a row, by its number. */
function findShown(): ReadonlyMap<number, readonly string[]> {
  const shown = new Map<number, readonly string[]>();
  for (const path of globSync(join(import.meta.dirname, '**/*.test.ts')).toSorted()) {
    const names = readFileSync(path, 'utf8').matchAll(/\((S\d+(?:, S\d+)*)\)/g);
    const numbers = [...names]
      .flatMap(([, list = '']) => list.split(', '))
      .map((row) => Number(row.slice(1)));
    for (const number of new Set(numbers)) {
      shown.set(number, [...(shown.get(number) ?? []), basename(path)]);
    }
  }
  return shown;
}

function tableOf(shown: ReadonlyMap<number, readonly string[]>): string {
  const lines = [...shown]
    .toSorted(([a], [b]) => a - b)
    .map(([number, files]) => `| S${number} | ${files.map((file) => `\`${file}\``).join(', ')} |`);
  return ['| row | shown by |', '|---|---|', ...lines, ''].join('\n');
}

test('every row of the checklist is shown by a test, or said to be left out, and why', () => {
  const shown = findShown();
  const readme = readFileSync(README, 'utf8');
  const written = readme.replace(
    SHOWN,
    (_all, begin: string, end: string) => begin + tableOf(shown) + end,
  );
  if (process.env.UPDATE_README === '1') writeFileSync(README, written);
  else assert.equal(readme, written, 'UPDATE_README=1 writes the list anew');
  const reasons = readme.replace(SHOWN, '').matchAll(/^\| S(\d+) \| \S.{20,} \|$/gm);
  const leftOut = new Set([...reasons].map(([, number]) => Number(number)));
  const all = Array.from({ length: ROWS }, (_none, index) => index + 1);
  assert.deepEqual(
    all.filter((row) => !shown.has(row) && !leftOut.has(row)),
    [],
    'neither',
  );
  assert.deepEqual(
    all.filter((row) => shown.has(row) && leftOut.has(row)),
    [],
    'both',
  );
});
