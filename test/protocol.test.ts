/** PROTOCOL.md says what is served: kept by a test, so that it is true. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';

import { METHODS } from '../src/worker/methods/methods.ts';
import { RpcCode } from '../src/worker/protocol/errors.ts';
import { isModern, type Revision, TRAITS } from '../src/worker/protocol/revisions.ts';

const page = readFileSync('PROTOCOL.md', 'utf8');

/** The rows of the table whose head begins with these cells. */
function rowsOf(...head: readonly string[]): string[][] {
  const lines = page.split('\n').map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));
  const start = lines.findIndex((cells) => head.every((name, index) => cells[index + 1] === name));
  assert.notEqual(start, -1, `There is no table of ${head.join(', ')}`);
  const after = lines.slice(start + 2);
  const end = after.findIndex((cells) => cells.length < 3);
  return after.slice(0, end).map((cells) => cells.slice(1, -1));
}

suite('PROTOCOL.md', () => {
  const revisions = page
    .split('\n')
    .find((line) => line.startsWith('| method |'))
    ?.match(/\d{4}-\d\d-\d\d/g);

  test('names the revisions that are spoken', () => {
    assert.deepEqual(revisions?.toSorted(), Object.keys(TRAITS).toSorted());
  });

  test('names, revision by revision, the methods that are served', () => {
    for (const [index, revision] of Object.keys(TRAITS).toSorted().entries()) {
      const named = rowsOf('method')
        .filter((cells) => cells[index + 1] !== '')
        .map(([method = '']) => method.replaceAll('`', ''));
      // Each is a key of the table of revisions.
      const served = isModern(revision as Revision) ? METHODS.modern : METHODS.legacy;
      assert.deepEqual(new Set(named), new Set<string>(served), revision);
    }
  });

  test('names every code that is sent', () => {
    const codes = rowsOf('code', 'when', '`data`').map(([code]) => Number(code));
    // No caller is told 401 or 409 yet, but for a model.
    const sent = Object.values(RpcCode).filter((code) => code !== 401 && code !== 409);
    assert.deepEqual(new Set(codes), new Set<number>(sent));
  });

  test('says what differs between revisions', () => {
    const differs = new Map(rowsOf('', '2024-11-05').map(([what = '', ...cells]) => [what, cells]));
    const saidOf = (what: string): boolean[] | undefined =>
      differs.get(what)?.map((cell) => cell !== '');
    const traits = Object.entries(TRAITS).toSorted(([a], [b]) => (a < b ? -1 : 1));
    const traitOf = (read: (of: (typeof TRAITS)[Revision]) => boolean): boolean[] =>
      traits.map(([, each]) => read(each));
    assert.deepEqual(
      saidOf('batches are taken'),
      traitOf(({ batches }) => batches),
    );
    assert.deepEqual(
      saidOf('audio (else told of in a text)'),
      traitOf(({ audio }) => audio),
    );
    assert.deepEqual(
      saidOf('`annotations` of tools'),
      traitOf((of) => of.toolAnnotations),
    );
    assert.deepEqual(
      saidOf('`message` of progress'),
      traitOf((of) => of.progressMessage),
    );
    assert.deepEqual(
      saidOf('links to resources (else told of in a text)'),
      traitOf((of) => of.resourceLinks),
    );
    assert.deepEqual(
      saidOf('`title`'),
      traitOf(({ titles }) => titles),
    );
    assert.deepEqual(
      saidOf('`outputSchema`, `structuredContent`'),
      traitOf((of) => of.structuredContent !== 'none'),
    );
    assert.deepEqual(
      saidOf('elicitation'),
      traitOf(({ elicitation }) => elicitation.length > 0),
    );
    assert.deepEqual(
      saidOf('`icons`'),
      traitOf(({ icons }) => icons),
    );
  });
});
