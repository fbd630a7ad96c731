import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';

import { Failure, type FailureCode } from '../../../../src/shared/errors.ts';
import { declare, type Shop, sqlTool } from './declared.ts';
import { N, NAME, openProducts, textOf, WRITES } from './products.ts';

const ADD = `
name: add
description: Adds two numbers.
kind: sql
parameters:
  a: { type: integer, description: One of them. }
  b: { type: integer, description: The other. }
sql: select $a::bigint + $b::bigint as sum
`;
/** Rows that Postgres makes while they are fetched. */
const MANY = 'select a as n from generate_series(1, 1000) a, generate_series(1, $n) b';

let shop: Shop;
before(async () => {
  shop = await openProducts();
});
after(() => shop[Symbol.asyncDispose]());

async function answer(text: string, given: Readonly<Record<string, unknown>> = {}) {
  const { structuredContent, isError, content } = await shop.call(text, given);
  assert.notEqual(isError, true, JSON.stringify(content));
  assert.ok(typeof structuredContent === 'object' && structuredContent !== null);
  const answered: Readonly<Record<string, unknown>> = { ...structuredContent };
  return answered;
}

async function countOf(text: string, given: Readonly<Record<string, unknown>>) {
  const { rows, truncated } = await answer(text, given);
  assert.ok(Array.isArray(rows));
  return { length: rows.length, truncated };
}

function isFailure(code: FailureCode) {
  return (thrown: unknown): boolean => {
    assert.ok(thrown instanceof Failure, String(thrown));
    assert.equal(thrown.code, code);
    return true;
  };
}

suite('a tool of the kind sql', () => {
  test('answers with rows', async () => {
    const { structuredContent, content } = await shop.call(ADD, { a: 2, b: 40 });
    assert.deepEqual(structuredContent, { rows: [{ sum: 42 }] });
    assert.deepEqual(content, [{ type: 'text', text: '{"rows":[{"sum":42}]}' }]);
    assert.deepEqual(await shop.prove(ADD), []);
  });

  test('runs in the schema of its folder', async () => {
    const tool = sqlTool('select name from products where kind = $name order by name', NAME);
    assert.deepEqual(await answer(tool, { name: 'paint' }), {
      rows: [{ name: 'Blue' }, { name: 'Red' }],
    });
  });

  test('has defaults, and nothing for what is not required', async () => {
    const tool = sqlTool(
      'select $a as a, $b as b, $c as c',
      'parameters:\n  a: { type: integer, default: 7 }\n  b: { type: string, required: false }\n  c: { type: array, items: { type: number }, default: [1, 2.5] }\n',
    );
    assert.deepEqual(declare(tool).inputSchema.required, []);
    assert.deepEqual(await answer(tool), { rows: [{ a: 7, b: null, c: [1, 2.5] }] });
    assert.deepEqual(await answer(tool, { a: 8, b: '', c: [] }), {
      rows: [{ a: 8, b: '', c: [] }],
    });
  });

  test('takes parameters of all types, once or more often, and casts them on', async () => {
    const tool = sqlTool(
      `select pg_typeof($i)::text i, pg_typeof($n)::text n, pg_typeof($t)::text t, pg_typeof($f)::text f, pg_typeof($d)::text d,
        pg_typeof($m)::text m, pg_typeof($u)::text u, ($l)[2] || $l[1] l, $i::int + $i as twice, $t::interval::text as late`,
      `parameters:
  i: { type: integer }
  n: { type: number }
  t: { type: string }
  f: { type: boolean }
  d: { type: date }
  m: { type: timestamp }
  u: { type: uuid }
  l: { type: array, items: { type: string } }
`,
    );
    assert.deepEqual(await shop.prove(tool), []);
    const u = '0b8d5ca0-8c2e-4f4a-9c6e-0123456789ab';
    const m = '2026-11-22T11:30:00+01:00';
    const given = { i: 3, n: 0.5, t: '90 min', f: true, d: '2026-11-22', m, u, l: ['a', 'b'] };
    assert.deepEqual(await answer(tool, given), {
      rows: [
        {
          i: 'bigint',
          n: 'numeric',
          t: 'text',
          f: 'boolean',
          d: 'date',
          m: 'timestamp with time zone',
          u: 'uuid',
          l: 'ba',
          twice: 6,
          late: '01:30:00',
        },
      ],
    });
  });

  test('with the result one answers with the only row, or says that there is none, or more', async () => {
    const tool = sqlTool(
      'select id, name from products where name like $name',
      `${NAME}result: one\n`,
    );
    assert.deepEqual(await answer(tool, { name: 'Saw' }), { id: 1, name: 'Saw' });
    assert.equal(textOf(await shop.call(tool, { name: 'Hammer' })), 'There is none');
    assert.match(textOf(await shop.call(tool, { name: '%' })), /^More than one matches/);
  });

  test('with the result value answers with the only value', async () => {
    const tool = sqlTool(
      'select count(*) from products where name <> $name',
      `${NAME}result: value\n`,
    );
    assert.deepEqual(await answer(tool, { name: 'Saw' }), { value: 2 });
  });

  test('changes nothing, not even in a function, unless it says that it writes', async () => {
    const tool = sqlTool('select noted($name) as noted', NAME);
    await assert.rejects(shop.call(tool, { name: 'nail' }), isFailure('internal'));
    assert.deepEqual(await shop.run("select * from kinds where kind = 'nail'"), []);
    assert.deepEqual(declare(tool).annotations, { readOnlyHint: true, openWorldHint: false });
    const writing = sqlTool('select noted($name) as noted', NAME + WRITES);
    assert.deepEqual(await answer(writing, { name: 'nail' }), { rows: [{ noted: 1 }] });
    assert.deepEqual(declare(writing).annotations, { readOnlyHint: false, openWorldHint: false });
  });

  test('that writes says how many rows it changed, or what it returns', async () => {
    const insert = sqlTool('insert into kinds values ($name)', NAME + WRITES);
    assert.deepEqual(await answer(insert, { name: 'glue' }), { count: 1 });
    const update = sqlTool(
      'update kinds set kind = kind where kind = $name returning kind',
      `${NAME + WRITES}result: one\n`,
    );
    assert.deepEqual(await answer(update, { name: 'glue' }), { kind: 'glue' });
    const remove = sqlTool('delete from kinds where kind = $name;', NAME + WRITES);
    assert.deepEqual(await answer(remove, { name: 'glue' }), { count: 1 });
    assert.deepEqual(await answer(remove, { name: 'glue' }), { count: 0 });
  });

  test('that writes keeps nothing of what it cannot answer', async () => {
    const sql = `insert into late select n from generate_series(100, $n) n returning id, repeat('x', 600) as note`;
    const tool = sqlTool(sql, `${N + WRITES}result: one\n`);
    assert.match(textOf(await shop.call(tool, { n: 101 })), /^More than one/);
    const large = sqlTool(sql.replace('600', '2000'), `${N + WRITES}bytesMax: 1024\n`);
    assert.match(textOf(await shop.call(large, { n: 100 })), /^A row is too large/);
    assert.deepEqual(await shop.run('select * from late'), []);
  });

  test('answers with so many rows, and says that there are more', async () => {
    for (const [rowsMax, n, length, truncated] of [
      [10, 1, 10, true],
      [999, 1, 999, true],
      [1_000, 1, 1_000, undefined],
      [1_001, 1, 1_000, undefined],
      [5_000, 7, 5_000, true],
      // What the default is.
      ['', 2, 1_000, true],
    ] as const) {
      const tool = sqlTool(MANY, rowsMax === '' ? N : `${N}rowsMax: ${rowsMax}\n`);
      // In turn is as good, and the answers are large.
      // oxlint-disable-next-line no-await-in-loop -- see above
      assert.deepEqual(await countOf(tool, { n }), { length, truncated });
    }
  });

  test('answers with so many bytes, however large its rows are', async () => {
    for (const [size, length] of [
      [10, 4_700],
      [1_000, 98],
      [40_000, 2],
    ] as const) {
      const sql = `select repeat('x', ${size}) as x from generate_series(1, 1000) a, generate_series(1, $n) b`;
      const tool = sqlTool(sql, `${N}rowsMax: 100000\nbytesMax: 100000\n`);
      // oxlint-disable-next-line no-await-in-loop -- as above
      const counted = await countOf(tool, { n: 8 });
      assert.ok(Math.abs(counted.length - length) <= length / 10, `${size}: ${counted.length}`);
      assert.equal(counted.truncated, true);
    }
  });

  test('says so when a row alone is too large, or far too large, and goes on with the next call', async () => {
    const tool = sqlTool(`select repeat('x', $n::int) as x`, N);
    assert.match(textOf(await shop.call(tool, { n: 2_000_000 })), /too large/);
    assert.match(textOf(await shop.call(tool, { n: 50_000_000 })), /too large/);
    assert.deepEqual(await answer(tool, { n: 3 }), { rows: [{ x: 'xxx' }] });
  });

  test('ends with its call', async (t) => {
    const call = new AbortController();
    const asked = shop.call(sqlTool('select pg_sleep(60)::text as slept'), {}, call.signal);
    const isAsleep = async (): Promise<number> =>
      (
        await shop.run(
          `select from pg_stat_activity where state = 'active' and query like 'select pg_sleep%'`,
        )
      ).length;
    await t.waitFor(async () => assert.equal(await isAsleep(), 1));
    call.abort(new Error('Cancelled'));
    await assert.rejects(asked, isFailure('cancelled'));
    await t.waitFor(async () => assert.equal(await isAsleep(), 0));
  });

  test('may take longer than other statements, and is then ended by Postgres too', async () => {
    const sql = `select current_setting('statement_timeout') as ms`;
    assert.deepEqual(await answer(sqlTool(sql, 'timeoutMs: 90000\n')), { rows: [{ ms: '90s' }] });
    assert.deepEqual(await answer(sqlTool(sql)), { rows: [{ ms: '30s' }] });
  });

  test('leaves nothing of its transaction on the connection', async () => {
    const setting = `select set_config('work_mem', '123456', false) as work_mem`;
    await answer(sqlTool(setting));
    const look = sqlTool(
      `select current_setting('work_mem') as m, current_setting('transaction_read_only') as r`,
    );
    assert.deepEqual(await answer(look), { rows: [{ m: '4MB', r: 'on' }] });
    const { signal } = new AbortController();
    const [plain] = await shop.source
      .during(signal)
      .query(`select current_setting('transaction_read_only') as r`);
    assert.deepEqual(plain, { r: 'off' });
  });
});
