/** README's table of variables is made of `VARIABLES`. To write it anew: `UPDATE_README=1 npm test`. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';

import { VARIABLES } from '../../src/shared/variables.ts';

const [BEGIN, END] = ['<!-- variables -->\n', '<!-- /variables -->'];

function table(): string {
  const rows = Object.entries(VARIABLES).map(([name, { default: value, desc }]) => {
    const shown = String(value ?? '');
    return `| \`${name}\` | ${shown === '' ? '–' : `\`${shown}\``} | ${desc} |`;
  });
  return ['| name | default | |', '|---|---|---|', ...rows, ''].join('\n');
}

test('the README names every variable, as it is', () => {
  const readme = readFileSync('README.md', 'utf8');
  const [from, to] = [readme.indexOf(BEGIN) + BEGIN.length, readme.indexOf(END)];
  if (process.env.UPDATE_README === '1') {
    writeFileSync('README.md', readme.slice(0, from) + table() + readme.slice(to));
    return;
  }
  assert.equal(readme.slice(from, to), table());
});
