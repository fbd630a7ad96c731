import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';

import { Failure } from '../../../../src/shared/errors.ts';
import { declare, type Shop, sqlTool } from './declared.ts';
import { N, openProducts, WRITES } from './products.ts';

let shop: Shop;
before(async () => {
  shop = await openProducts();
});
after(() => shop[Symbol.asyncDispose]());

suite('proving a tool of the kind sql', () => {
  const wrong: readonly (readonly [string, string, string, string])[] = [
    [
      'a column that is not there',
      'select id,\n  nme as x\nfrom products',
      '',
      '6:5 "sql" does not work: column "nme" does not exist',
    ],
    [
      'a table that is not there',
      '-- 🪚 comes first\nselect 1 as x from saws',
      '',
      '6:22 "sql" does not work: relation "saws" does not exist',
    ],
    [
      'bad syntax',
      'select 1 as x fro products',
      '',
      '5:17 "sql" does not work: syntax error at or near "fro"',
    ],
    [
      'a comparison of types that do not go together',
      'select 1 as x where $n = true',
      N,
      '6:26 "sql" does not work: operator does not exist: bigint = boolean',
    ],
    [
      'a fault behind a parameter',
      'select $n as a, $n as b, c',
      N,
      '6:28 "sql" does not work: column "c" does not exist',
    ],
    [
      'a column with no name',
      'select 1 as a, 2',
      '',
      '4:6 "sql" has no name for column 2: say `as`',
    ],
    [
      'two columns of one name',
      'select 1 as a, 2 as a',
      '',
      '4:6 "sql" returns two columns that are called a',
    ],
    [
      'two columns for a value',
      'select 1, 2',
      'result: value\n',
      '5:6 "sql" returns 2 columns, and no value',
    ],
    [
      'nothing for a row',
      'delete from late',
      `result: one\n${WRITES}`,
      '6:6 "sql" returns nothing',
    ],
  ];
  for (const [what, sql, more, fault] of wrong) {
    test(`finds ${what}, and where`, async () => {
      const [found = '', ...others] = await shop.prove(sqlTool(sql, more));
      assert.deepEqual(others, []);
      // Postgres may have a hint besides.
      assert.equal(found.slice(0, fault.length), fault);
    });
  }

  test('runs nothing', async () => {
    const kinds = await shop.run('select * from kinds');
    assert.deepEqual(await shop.prove(sqlTool('delete from kinds', WRITES)), []);
    assert.deepEqual(await shop.prove(sqlTool(`select noted('x') as x`, WRITES)), []);
    assert.deepEqual(await shop.run('select * from kinds'), kinds);
  });

  test('waits for a Postgres that is away, and blames no statement', async () => {
    const { selfTest } = declare(sqlTool('select 1 as x'));
    assert.ok(selfTest !== undefined);
    const away = new Failure('unavailable', 'The database cannot be reached');
    const context = { db: { describe: () => Promise.reject(away) } };
    // It asks for nothing else.
    await assert.rejects(selfTest(undefined as never, context as never), away);
  });
});
