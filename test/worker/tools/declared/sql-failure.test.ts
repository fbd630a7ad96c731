import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';

import { Failure } from '../../../../src/shared/errors.ts';
import { type Shop, sqlTool } from './declared.ts';
import { N, NAME, openProducts, textOf, WRITES } from './products.ts';

let shop: Shop;
before(async () => {
  shop = await openProducts();
});
after(() => shop[Symbol.asyncDispose]());

suite('what a model is told', () => {
  const failing: readonly (readonly [string, string, Readonly<Record<string, unknown>>, RegExp])[] =
    [
      ['select 1 / $n as x', N, { n: 0 }, /^These arguments lead to a division by zero$/],
      ['select $n::int as x', N, { n: 3_000_000_000 }, /^A number is out of range$/],
      ['select $name::date as x', NAME, { name: 'soon' }, /^A date or time is not written/],
      ['select $name::date as x', NAME, { name: '2026-02-30' }, /^A date or time does not exist/],
      ['select $name::uuid as x', NAME, { name: 'x' }, /^An argument is not written as its type/],
      ['select $name as x', NAME, { name: 'a\0b' }, /^A text has a character/],
      ['select $name ~ $name as x', NAME, { name: '(' }, /^A regular expression is not valid$/],
      ['select 1 as x limit $n', N, { n: -1 }, /^A limit is negative$/],
      ['select 1 as x offset $n', N, { n: -1 }, /^An offset is negative$/],
      ['select ln($n) as x', N, { n: -1 }, /^The database cannot work with these arguments$/],
      [
        'select lpad($name, 2000000000) as x',
        NAME,
        { name: 'x' },
        /^These arguments lead to something too large$/,
      ],
      [
        'select set_config($name, $name, true) as x',
        NAME,
        { name: 'work_mem' },
        /^An argument is out of range$/,
      ],
      [
        'insert into kinds values ($name)',
        NAME + WRITES,
        { name: 'saw' },
        /^There is one like this/,
      ],
      [
        'delete from kinds where kind = $name',
        NAME + WRITES,
        { name: 'saw' },
        /something else refers/,
      ],
      [
        `insert into products (name, price) values ($name, -1)`,
        NAME + WRITES,
        { name: 'x' },
        /not one that is allowed$/,
      ],
      [
        `insert into products (name) values ($name)`,
        NAME + WRITES,
        { name: 'x' },
        /^Something is missing/,
      ],
      [
        `insert into products (name, price, size) values ('x', 1, $name)`,
        NAME + WRITES,
        { name: '12345' },
        /^A text is longer/,
      ],
      // At the end of the transaction.
      [
        'insert into late values (1, $n)',
        N + WRITES,
        { n: 2 },
        /does not exist, or something else/,
      ],
      ['select $n as x', N, { n: 2 ** 60 }, /^arguments\.n is too large to be exact$/],
    ];
  for (const [sql, more, given, told] of failing) {
    test(`of ${sql} with ${JSON.stringify(given)} is ours`, async () => {
      assert.match(textOf(await shop.call(sqlTool(sql, more), given)), told);
    });
  }

  for (const [sql, state] of [
    ['a bug', '42P01'],
    ['another', 'P0001'],
  ] as const) {
    test(`is nothing where Postgres finds ${sql}`, async () => {
      const raise = `do $do$ begin create or replace function shop.bug() returns int language plpgsql as
        $$ begin raise exception 'secret' using errcode = '${state}'; end $$; end $do$`;
      await shop.run(raise);
      await assert.rejects(shop.call(sqlTool('select bug() as x'), {}), (thrown) => {
        assert.ok(thrown instanceof Failure);
        assert.equal(thrown.message, 'Internal error');
        return true;
      });
    });
  }

  for (const state of ['40001', '40P01', '55P03']) {
    test(`is that it may try again where calls were in each other's way: ${state}`, async () => {
      const raise = `create or replace function shop.busy() returns int language plpgsql as
        $$ begin raise exception 'secret' using errcode = '${state}'; end $$`;
      await shop.run(raise);
      await assert.rejects(
        shop.call(sqlTool('select busy() as x'), {}),
        (thrown) => thrown instanceof Failure && thrown.code === 'unavailable',
      );
    });
  }
});
