import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { parseDocuments } from '../../../../src/worker/tools/declared/document.ts';
import { parseParameters } from '../../../../src/worker/tools/declared/parameters.ts';
import { parseStatement, type Statement } from '../../../../src/worker/tools/declared/statement.ts';
import { faultsOf, sqlTool } from './declared.ts';

const PARAMETERS =
  'parameters: { a: { type: integer }, list: { type: array, items: { type: string } } }';

function parse(sql: string): Statement {
  const [document] = parseDocuments(`${PARAMETERS}\nsql: ${JSON.stringify(sql)}`, 'tools.yaml');
  assert.ok(document !== undefined);
  const map = document.map();
  return parseStatement(map.get('sql'), parseParameters(map.get('parameters')), false);
}

suite('the statement of a tool', () => {
  test('has numbers for its parameters, one for each, and else is as it was written', () => {
    const { text, names } = parse(
      `select $a, '$a', "$a", $$ $a $$, -- $a\n $list[1], $a::int /* $a */ ; `,
    );
    assert.equal(
      text,
      `select ($1::bigint), '$a', "$a", $$ $a $$, -- $a\n ($2::text[])[1], ($1::bigint)::int /* $a */   `,
    );
    assert.deepEqual(names, ['a', 'list']);
  });

  test('knows where what Postgres points at was written', () => {
    const sql = `select '🪚é', $a + $list[1], here`;
    const { text, offsetOf } = parse(sql);
    const positionOf = (part: string): number =>
      Array.from(text.slice(0, text.indexOf(part))).length + 1;
    assert.equal(offsetOf(positionOf('here')), sql.indexOf('here'));
    assert.equal(offsetOf(positionOf('select')), 0);
    assert.equal(offsetOf(positionOf('($2')), sql.indexOf('$list'));
    // Within what we put there it is where that stands.
    assert.equal(offsetOf(positionOf('text[]')), sql.indexOf('$list'));
    assert.equal(offsetOf(undefined), 0);
    assert.equal(offsetOf(10_000), 0);
  });

  const A = 'parameters: { a: { type: integer } }\n';
  for (const [what, sql, more, fault] of [
    [
      'a name that is no parameter',
      'select $a,\n  $b as x',
      A,
      '7:5 "sql" names "$b", which is no parameter. Did you mean "$a"?',
    ],
    [
      'a parameter that is not used',
      "select '$a' as x",
      A,
      '4:15 "parameters.a" is not used in the statement',
    ],
    [
      'a number for a parameter',
      'select $1 as x',
      '',
      '5:10 "sql" names a parameter by a number: write its name',
    ],
    [
      'two statements',
      'select 1; -- and\n; select 2',
      '',
      '6:5 "sql" is to be one statement, and here begins another',
    ],
    ['a literal that does not end', "select 'a", '', '5:10 "sql" has something that does not end'],
    [
      'a comment that does not end',
      'select /* a',
      '',
      '5:10 "sql" has something that does not end',
    ],
    ['nothing but a comment', '-- nothing', '', '4:6 "sql" is to be a statement'],
    [
      'a command',
      ' /* now */ set role x',
      '',
      '5:14 "sql" is to begin with one of select, with, values, table, insert, update, delete, merge',
    ],
    ['a block', 'do $$ begin end $$', '', '5:3 "sql" is to begin with one of select'],
    ['a copy', `copy t to program 'x'`, '', '5:3 "sql" is to begin with one of select'],
    ['the end of the transaction', 'commit', '', '5:3 "sql" is to begin with one of select'],
    [
      'an insert',
      'Insert into t values (1)',
      '',
      '5:3 "sql" writes here, or locks: say `writes: true`',
    ],
    [
      'a merge',
      'merge into t using u on true when matched then delete',
      '',
      '5:3 "sql" writes here',
    ],
    [
      'an insert within',
      'with x as (insert into t values (1) returning *) select * from x',
      '',
      '5:14 "sql" writes here',
    ],
    [
      'an update within',
      'with x as ( update "t" set a = 1 returning *) select * from x',
      '',
      '5:13 "sql" writes here',
    ],
    [
      'a delete within',
      'with x as (delete from t returning *) select * from x',
      '',
      '5:14 "sql" writes here',
    ],
    ['a lock', 'select * from t for no key update', '', '5:19 "sql" writes here'],
    ['another lock', 'select * from t for update of t', '', '5:19 "sql" writes here'],
  ] as const) {
    test(`is refused with ${what}`, () => {
      const found = faultsOf(sqlTool(sql, more)).map((full) => full.slice(0, fault.length));
      assert.deepEqual(found, [fault]);
    });
  }

  test('is refused with a NUL in it, behind which Postgres reads nothing', () => {
    const text = 'name: ask\ndescription: Asks.\nkind: sql\nsql: "select 1 as x \\0; drop"';
    assert.deepEqual(faultsOf(text), ['4:6 "sql" has a NUL in it']);
  });

  for (const sql of [
    'select "update", t.delete, update from t',
    "select 'insert into t' as x",
    '(select 1 as x) union all (select 2)',
    'values (1)',
    'table t',
    'select substring(name from 1 for key) as x from t',
    'select (update) as x from t; ;',
    '-- first\n/* then */ with x as (select 1 as y) select * from x',
  ]) {
    test(`only reads: ${JSON.stringify(sql)}`, () => {
      assert.deepEqual(faultsOf(sqlTool(sql)), []);
    });
  }
});
