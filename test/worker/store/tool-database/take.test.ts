import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';

import { DatabaseError } from 'pg';

import { Failure } from '../../../../src/shared/errors.ts';
import type { TakeOptions } from '../../../../src/worker/domain/database.ts';
import { ClientDatabase } from '../../../../src/worker/store/tool-database/client-database.ts';
import { PooledDatabase } from '../../../../src/worker/store/tool-database/pooled-database.ts';
import { type Folders, openFolders } from './folders.ts';

const READ: TakeOptions = { rowsMax: 100, bytesMax: 100_000, writes: false, timeoutMs: 30_000 };
const WRITE: TakeOptions = { ...READ, writes: true };
const { signal } = new AbortController();

function paintOf({ pool }: Folders) {
  return new PooledDatabase(pool, 'paint').during(signal);
}

suite('what is taken of a statement', () => {
  let shared: Folders;
  before(async () => {
    shared = await openFolders({ connectionsMax: 1 });
  });
  after(() => shared[Symbol.asyncDispose]());

  for (const [sql, value] of [
    ['null', null],
    ['true', true],
    ['array[true, null, false]', [true, null, false]],
    ['7::int2', 7],
    ['9007199254740991', 9_007_199_254_740_991],
    ['9007199254740992', '9007199254740992'],
    ['-9223372036854775808', '-9223372036854775808'],
    ['array[1, 9007199254740993]', [1, '9007199254740993']],
    ['12.50', 12.5],
    ['0.00', 0],
    ['-0.000012', -0.000012],
    ['123456789012.345', 123_456_789_012.345],
    ['12345678901234.567', '12345678901234.567'],
    ['0.1234567890123456', '0.1234567890123456'],
    ['100000000000000000000::numeric', '100000000000000000000'],
    ["'NaN'::numeric", 'NaN'],
    ['1.5::float4', 1.5],
    ["array['NaN', 'Infinity', '-0.5']::float8[]", ['NaN', 'Infinity', -0.5]],
    ["'{}'::text[]", []],
    ["array['a', null, 'NULL', 'b,\"c\"']", ['a', null, 'NULL', 'b,"c"']],
    [
      'array[[1, 2], [3, 4]]',
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [`'{"a": [1, null]}'::jsonb`, { a: [1, null] }],
    [`array['{"a": 1}'::json]`, [{ a: 1 }]],
    ["'null'::jsonb", null],
    ["date '2026-11-22'", '2026-11-22'],
    ["timestamp '2026-11-22 11:30:00.000001'", '2026-11-22T11:30:00.000001'],
    ["timestamptz '2026-11-22 11:30:00.5+02' at time zone 'utc'", '2026-11-22T09:30:00.5'],
    ["timestamptz 'infinity'", 'infinity'],
    ["interval '1 day 2 hours'", '1 day 02:00:00'],
    [`'\\x0001ff'::bytea`, 'AAH/'],
    ["'0b8d5ca0-8c2e-4f4a-9c6e-0123456789ab'::uuid", '0b8d5ca0-8c2e-4f4a-9c6e-0123456789ab'],
    ["point '(1,2)'", '(1,2)'],
    ['\'x\'::"char"', 'x'],
  ] as const) {
    test(`is JSON: ${sql}`, async () => {
      const { rows, columns } = await paintOf(shared).take(`select ${sql} as value`, [], READ);
      assert.deepEqual(rows, [{ value }]);
      assert.deepEqual(columns, ['value']);
    });
  }

  test('is a moment as RFC 3339 has it, in the zone of the session', async () => {
    const { rows } = await paintOf(shared).take(
      "select timestamptz '2026-11-22 11:30:00+00' as then",
      [],
      READ,
    );
    const moment = rows[0]?.then;
    assert.ok(typeof moment === 'string');
    assert.match(moment, /^2026-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/);
    assert.equal(Date.parse(moment), Date.UTC(2026, 10, 22, 11, 30));
  });

  test('has columns by the names that they have, whatever these are', async () => {
    const sql = `select 1 as "__proto__", 2 as "constructor"`;
    const { rows } = await paintOf(shared).take(sql, [], READ);
    assert.equal(JSON.stringify(rows), '[{"__proto__":1,"constructor":2}]');
  });

  test('leaves the rest where it is', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    // A sequence counts what Postgres made of it.
    await folders.admin.query('create sequence paint.made');
    const sql = `select nextval('made') as n from generate_series(1, 1000) a, generate_series(1, 1000) b`;
    const taken = await paintOf(folders).take(sql, [], { ...WRITE, rowsMax: 20 });
    assert.equal(taken.rows.length, 20);
    assert.equal(taken.isTruncated, true);
    const { rows } = await folders.admin.query<{ n: number }>(
      'select last_value::int as n from paint.made',
    );
    assert.ok((rows[0]?.n ?? 1_000) < 50);
  });

  test('is undone if it is judged unfit, and the connection is as before', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    const paint = paintOf(folders);
    const unfit = new TypeError('unfit');
    const judge = (): void => {
      throw unfit;
    };
    const insert = "insert into things values ('a')";
    await assert.rejects(paint.take(insert, [], { ...WRITE, judge }), unfit);
    assert.deepEqual(await paint.query('select * from things'), []);
    assert.equal((await paint.take(insert, [], WRITE)).count, 1);
  });

  test('is what Postgres says where the statement is at fault, and no sign of a replica', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    const paint = paintOf(folders);
    for (const [sql, code] of [
      ['select * from nothing', '42P01'],
      ["insert into things values ('a')", '25006'],
      ['select 1 / 0', '22012'],
      ['select 1; select 2', '42601'],
    ] as const) {
      // oxlint-disable-next-line no-await-in-loop -- each on the connection of the one before
      await assert.rejects(paint.take(sql, [], READ), (thrown) => {
        assert.ok(thrown instanceof DatabaseError, String(thrown));
        assert.equal(thrown.code, code);
        return true;
      });
    }
    assert.equal((await paint.take('select 1 as one', [], READ)).rows.length, 1);
  });

  test('is refused where its rows are far too large, and costs a connection', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    const paint = paintOf(folders);
    const large = paint.take("select repeat('x', 40000000) as x", [], READ);
    await assert.rejects(large, (thrown) => thrown instanceof Failure && thrown.code === 'invalid');
    assert.equal((await paint.take('select 1 as one', [], READ)).rows.length, 1);
  });

  for (const sql of ['copy things from stdin', 'copy things to stdout', '-- nothing']) {
    test(`is nothing, and nobody waits, where there is nothing to take: ${sql}`, async () => {
      await using folders = await openFolders({ connectionsMax: 1 });
      const paint = paintOf(folders);
      await paint.take(sql, [], WRITE).catch((error: unknown) => {
        assert.ok(error instanceof Failure && error.code === 'unavailable');
      });
      assert.equal((await paint.take('select 1 as one', [], READ)).rows.length, 1);
    });
  }

  test('is told as unavailable when the connection breaks in the middle', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    const paint = paintOf(folders);
    const sql = 'select pg_terminate_backend(pg_backend_pid()) as gone';
    await assert.rejects(
      paint.take(sql, [], READ),
      (thrown) => thrown instanceof Failure && thrown.code === 'unavailable',
    );
    assert.equal((await paint.take('select 1 as one', [], READ)).rows.length, 1);
  });

  test('needs no pool', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    const database = new ClientDatabase(folders.admin, 'paint');
    assert.deepEqual((await database.take('select 1 as one', [], READ)).rows, [{ one: 1 }]);
  });
});

suite('a description', () => {
  test('has the columns of a statement that is not run', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    const paint = paintOf(folders);
    const insert = 'insert into things values ($1) returning name, 1 as one';
    assert.deepEqual(await paint.describe(insert), { columns: ['name', 'one'] });
    assert.deepEqual(await paint.describe('delete from things'), { columns: [] });
    assert.deepEqual(await paint.query('select * from things'), []);
  });

  test('says what Postgres finds wrong, and where, and leaves the connection as it was', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    const paint = paintOf(folders);
    assert.deepEqual(await paint.describe('select nme from things'), {
      fault: {
        message:
          'column "nme" does not exist. Perhaps you meant to reference the column "things.name".',
        position: 8,
      },
    });
    const two = await paint.describe('select 1; select 2');
    assert.ok('fault' in two);
    assert.equal(two.fault.position, undefined);
    assert.deepEqual(await paint.describe('select 1 as one'), { columns: ['one'] });
  });
});
