import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';

import { Failure } from '../../../../src/shared/errors.ts';
import { type Call, openShop, type Shop, sqlTool } from './declared.ts';
import { INJECTIONS, MISFITS } from './injections.ts';

const TABLES = `
  create table goods (id int primary key, name text not null, price numeric not null, made date, tags text[]);
  insert into goods select n, 'good ' || n, n, '2026-01-01', array['tag ' || n] from generate_series(1, 5) n;
  create table secrets (token text); insert into secrets values ('s3cr3t-t0k3n');
  create table notes (note text, of bigint, n int generated always as identity);`;
const TEXT = 'parameters: { q: { type: string } }\n';
const LIST = 'parameters: { q: { type: array, items: { type: string } } }\n';
const COLUMNS = 'id, name';

/** Statements of every shape, and whether the value itself comes back. */
const STATEMENTS: readonly (readonly [
  string,
  string,
  string,
  { readonly echoes?: true; readonly isList?: true },
])[] = [
  ['where', `select ${COLUMNS} from goods where name = $q`, TEXT, {}],
  ['a value', 'select $q as value', TEXT, { echoes: true }],
  [
    'a value in text around it',
    `select substr('<' || $q || '>', 2, length($q)) as value`,
    TEXT,
    { echoes: true },
  ],
  ['like', `select ${COLUMNS} from goods where name like '%' || $q || '%'`, TEXT, {}],
  ['ilike with an escape', `select ${COLUMNS} from goods where name ilike $q escape '!'`, TEXT, {}],
  ['a regular expression', `select ${COLUMNS} from goods where name ~ $q`, TEXT, {}],
  ['in', `select ${COLUMNS} from goods where name in ($q, 'nothing')`, TEXT, {}],
  ['any', `select ${COLUMNS} from goods where name = any($q)`, LIST, { isList: true }],
  ['a list', 'select v as value from unnest($q) v', LIST, { echoes: true, isList: true }],
  ['an overlap', `select ${COLUMNS} from goods where tags && $q`, LIST, { isList: true }],
  [
    'order by',
    `select ${COLUMNS} from goods order by case $q when 'name' then name end, $q, id`,
    TEXT,
    {},
  ],
  ['limit', `select ${COLUMNS} from goods limit $q::bigint`, TEXT, {}],
  ['offset', `select ${COLUMNS} from goods offset $q::int`, TEXT, {}],
  ['a cast to a number', `select ${COLUMNS} from goods where price < $q::numeric`, TEXT, {}],
  ['a cast to a date', `select ${COLUMNS} from goods where made = $q::date`, TEXT, {}],
  ['a cast to JSON', 'select $q::jsonb is null as nothing', TEXT, {}],
  ['a cast to a table', 'select $q::regclass::text as x', TEXT, {}],
  ['a cast to bytes', 'select $q::bytea is null as nothing', TEXT, {}],
  [
    'a search',
    `select ${COLUMNS} from goods where to_tsvector('simple', name) @@ websearch_to_tsquery('simple', $q)`,
    TEXT,
    {},
  ],
  [
    'a subquery',
    `select ${COLUMNS} from goods where id = (select min(id) from goods where name >= $q)`,
    TEXT,
    {},
  ],
  [
    'a common table',
    'with asked as (select $q as value) select value from asked',
    TEXT,
    { echoes: true },
  ],
  [
    'an insert',
    `insert into notes values ($q, 1) returning note as value`,
    `${TEXT}writes: true\n`,
    { echoes: true },
  ],
  [
    'an update',
    `update notes set note = $q where note = $q and false`,
    `${TEXT}writes: true\n`,
    {},
  ],
];
const TYPED = ['integer', 'number', 'boolean', 'date', 'timestamp', 'uuid'] as const;

/** What callers may be told. Anything else would be somebody's words. */
const OURS = new RegExp(
  `^(?:${[
    'arguments[.a-z0-9]* .*',
    'An? (?:text|number|date|limit|offset|regular|row) .*',
    'An argument is .*',
    'These arguments lead to .*',
    'The database cannot work with these arguments',
  ].join('|')})$`,
);

let shop: Shop;
before(async () => {
  shop = await openShop(TABLES);
});
after(() => shop[Symbol.asyncDispose]());

/** All that a statement could have changed. */
const lookAround = (): Promise<readonly unknown[]> =>
  shop.run(`select (select jsonb_agg(g order by id) from goods g) as goods, (select jsonb_agg(s) from secrets s) as secrets,
    (select jsonb_agg(relname order by relname) from pg_class where relnamespace = 'shop'::regnamespace) as tables,
    (select count(*) from pg_stat_activity where query like '%pg_sleep(30)%' and state = 'active' and pid <> pg_backend_pid()) as asleep`);

/** Calls a tool, and sees to it that it says nothing that it should not. Resolves with the rows. */
async function ask(call: Call, q: unknown): Promise<readonly unknown[] | undefined> {
  try {
    const { structuredContent, content, isError } = await call({ q });
    const said = JSON.stringify(content);
    assert.ok(!said.includes('s3cr3t'), said);
    if (isError === true) {
      const [block] = content;
      assert.ok(block?.type === 'text');
      assert.match(block.text, OURS);
      return undefined;
    }
    assert.ok(typeof structuredContent === 'object' && structuredContent !== null);
    return 'rows' in structuredContent && Array.isArray(structuredContent.rows)
      ? structuredContent.rows
      : [];
  } catch (error) {
    // A table that is not there is for the cast to say, and it says nothing.
    assert.ok(error instanceof Failure, String(error));
    assert.equal(error.message, 'Internal error');
    return undefined;
  }
}

suite('what hopes to become part of a statement', () => {
  test('is more than sixty texts', () => {
    assert.ok(new Set(INJECTIONS).size > 60);
    assert.equal(new Set(INJECTIONS).size, INJECTIONS.length);
  });

  for (const [shape, sql, more, { echoes, isList }] of STATEMENTS) {
    test(`is a value and nothing else: ${shape}`, async () => {
      const tool = shop.open(sqlTool(sql, more));
      const around = await lookAround();
      for (const text of INJECTIONS) {
        const given = isList === true ? [text, 'and', text] : text;
        // One after the other: what one of them does would be seen in the next.
        // oxlint-disable-next-line no-await-in-loop -- see above
        const rows = await ask(tool, given);
        // Postgres keeps no NUL.
        if (echoes === true && !text.includes('\0')) {
          const values = [given].flat().map((value) => ({ value: value.toWellFormed() }));
          assert.deepEqual(rows, values, JSON.stringify(text));
        }
      }
      assert.deepEqual(await lookAround(), around);
    });
  }

  for (const type of TYPED) {
    test(`is no ${type}, or one`, async () => {
      const tool = shop.open(
        sqlTool('select $q as value', `parameters: { q: { type: ${type} } }\n`),
      );
      const around = await lookAround();
      for (const given of [...INJECTIONS, ...MISFITS]) {
        // oxlint-disable-next-line no-await-in-loop -- as above
        await ask(tool, given);
      }
      assert.deepEqual(await lookAround(), around);
    });
  }

  for (const [what, more] of [
    ['text', TEXT],
    ['list', LIST],
  ] as const) {
    test(`is no ${what}, if it is something else`, async () => {
      const tool = shop.open(sqlTool('select $q::text as value', more));
      const around = await lookAround();
      for (const given of MISFITS) {
        // oxlint-disable-next-line no-await-in-loop -- as above
        await ask(tool, given);
      }
      assert.deepEqual(await lookAround(), around);
    });
  }

  test('lies in a table as it was given', async () => {
    await shop.run('delete from notes');
    const insert = 'insert into notes (note) values ($q)';
    const tool = shop.open(sqlTool(insert, `${TEXT}writes: true\n`));
    const kept = INJECTIONS.filter((text) => !text.includes('\0'));
    for (const text of kept) {
      // oxlint-disable-next-line no-await-in-loop -- as above
      await ask(tool, text);
    }
    const rows = await shop.run('select note from notes order by n');
    assert.deepEqual(
      rows,
      kept.map((text) => ({ note: text.toWellFormed() })),
    );
  });
});
