import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import {
  array,
  asyncProperty,
  assert as check,
  constantFrom,
  property,
  string,
  tuple,
} from 'fast-check';
import { Client, DatabaseError } from 'pg';

import { tokenizeSql } from '../../../../src/worker/tools/declared/sql-tokens.ts';
import { createDatabase } from '../../../postgres.ts';

/** What is a piece of what, without spaces. */
function kindsOf(sql: string): string {
  return tokenizeSql(sql)
    .filter(({ kind }) => kind !== 'space')
    .map(({ kind, text }) => `${kind} ${text}`)
    .join(' | ');
}

/** Pieces of statements that are told apart by what stands before and behind them. */
const PIECES: readonly string[] =
  `' '' E' e' " "" $$ $a$ $b$ $a $b $1 \\ \\' -- /* */ a E é 🪚 ; :: 1 + - / * x$a $`.split(' ');
const pieces = constantFrom(...PIECES, '\n', '\r', ' ', '\t');
const statements = array(pieces, { maxLength: 24 }).map((parts) => parts.join(''));
const LETTERS: readonly string[] = `' " \\ $ a b ; - / * % é 🪚 $a -- /*`.split(' ');
const texts = string({ unit: constantFrom(...LETTERS, ' ', '\n'), maxLength: 20 });

/** A value, and a literal of it in each way that there is to write one. */
const literals = tuple(texts, constantFrom('plain', 'escaped', 'dollar', 'parts')).map(
  ([value, how]): readonly [string, string] => {
    const quoted = value.replaceAll("'", "''");
    switch (how) {
      case 'plain':
        return [value, `'${quoted}'`];
      case 'escaped':
        return [value, `E'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`];
      case 'dollar':
        return [value, `$q_1$${value}$q_1$`];
      case 'parts':
        return [`${value}$a`, `'${quoted}' -- $a it's\n '$a'`];
    }
  },
);

suite('a statement', () => {
  for (const [sql, kinds] of [
    [
      'select $a::bigint+$b',
      'word select | parameter $a | symbol : | symbol : | word bigint | symbol + | parameter $b',
    ],
    ["'$a' $a", "text '$a' | parameter $a"],
    ["'it''s $a' $a", "text 'it''s $a' | parameter $a"],
    ["'\\' $a", "text '\\' | parameter $a"],
    ["E'\\' $a' $a", "text E'\\' $a' | parameter $a"],
    ["e'a''\\\\' $a", "text e'a''\\\\' | parameter $a"],
    ["ae'\\' $a", "word ae | text '\\' | parameter $a"],
    ["E'a'\n'\\' $a' $a", "text E'a'\n'\\' $a' | parameter $a"],
    ["'a' -- $a\n '$b' $a", "text 'a' -- $a\n '$b' | parameter $a"],
    ["'a' '\\' $a", "text 'a' | text '\\' | parameter $a"],
    [
      "U&'\\0061 $a' B'1' X'f'",
      "word U | symbol & | text '\\0061 $a' | word B | text '1' | word X | text 'f'",
    ],
    ['"$a""$b" $c', 'quoted "$a""$b" | parameter $c'],
    ['$$ $a $b$ $$ $c', 'text $$ $a $b$ $$ | parameter $c'],
    ['$a$ $$ $b $a$ $a', 'text $a$ $$ $b $a$ | parameter $a'],
    ['x$a$b $a', 'word x$a$b | parameter $a'],
    ['é$a $a', 'word é$a | parameter $a'],
    ['-- $a\n$b', 'comment -- $a | parameter $b'],
    ['-- $a\r$b', 'comment -- $a | parameter $b'],
    ['/* $a /* $b */ $c */ $d', 'comment /* $a /* $b */ $c */ | parameter $d'],
    ['1/*$a*/+$b', 'number 1 | comment /*$a*/ | symbol + | parameter $b'],
    ['1.5e3 $12 $', 'number 1.5e3 | positional $12 | symbol $'],
    ["$a 'b", "parameter $a | unterminated 'b"],
    ["E'b\\'", "unterminated E'b\\'"],
    ["'b''", "unterminated 'b''"],
    ['"b', 'unterminated "b'],
    ['$a$b', 'unterminated $a$b'],
    ['/* /* */ $a', 'unterminated /* /* */ $a'],
  ] as const) {
    test(`is divided as Postgres does: ${JSON.stringify(sql)}`, () => {
      assert.equal(kindsOf(sql), kinds);
    });
  }

  test('is all of its pieces together, whatever it is', () => {
    check(
      property(statements, (sql) => {
        const tokens = tokenizeSql(sql);
        assert.equal(tokens.map(({ text }) => text).join(''), sql);
        let offset = 0;
        for (const token of tokens) {
          assert.equal(token.offset, offset);
          assert.ok(token.text.length > 0);
          offset += token.text.length;
        }
      }),
      { numRuns: 5_000 },
    );
  });

  test('takes no longer to divide than it is long', () => {
    const before = process.cpuUsage();
    for (const piece of [
      "'",
      "''",
      "'a'\n",
      "E'\\",
      '"',
      '$',
      '$a$',
      '--',
      '-- \n',
      "' --",
      '/*',
      '*',
      ' ',
      'a',
      "'a' --",
    ]) {
      tokenizeSql(piece.repeat(65_536 / piece.length));
    }
    assert.ok(process.cpuUsage(before).user < 5_000_000);
  });
});

async function openPostgres() {
  const database = await createDatabase();
  const client = new Client({ connectionString: database.url });
  await client.connect();
  return {
    client,
    async [Symbol.asyncDispose]() {
      await client.end();
      await database[Symbol.asyncDispose]();
    },
  };
}

suite('what Postgres sees', () => {
  test('in a literal is one piece, and a parameter behind it is one', async () => {
    await using postgres = await openPostgres();
    await check(
      asyncProperty(literals, literals, async ([first, one], [second, two]) => {
        const tokens = tokenizeSql(`select ${one} as one, $a as a, ${two} as two`);
        const found = tokens.filter(({ kind }) => kind === 'parameter');
        assert.deepEqual(
          found.map(({ text }) => text),
          ['$a'],
        );
        const text = tokens.map((token) => (token.kind === 'parameter' ? '$1::text' : token.text));
        const { rows } = await postgres.client.query(text.join(''), ['value']);
        assert.deepEqual(rows, [{ one: first, a: 'value', two: second }]);
      }),
      { numRuns: 300 },
    );
  });

  test('in any statement that it takes, are as many parameters as we see', async () => {
    await using postgres = await openPostgres();
    let taken = 0;
    await check(
      asyncProperty(statements, async (part) => {
        const tokens = tokenizeSql(`select 'x' as x where 'y' <> ${part}`);
        if (tokens.some(({ kind }) => kind === 'positional')) return;
        const names = tokens.filter(({ kind }) => kind === 'parameter').length;
        let number = 0;
        const text = tokens.map((token) => {
          if (token.kind !== 'parameter') return token.text;
          number += 1;
          return `($${number}::text)`;
        });
        try {
          await postgres.client.query('begin');
          await postgres.client.query({
            text: text.join(''),
            values: Array<string>(names).fill("'"),
          });
          // Were there another number of them, Postgres would have refused what was bound.
          taken += 1;
          assert.ok(tokens.every(({ kind }) => kind !== 'unterminated'));
        } catch (error) {
          assert.ok(error instanceof DatabaseError, String(error));
          // Protocol violation: another number of parameters.
          assert.notEqual(error.code, '08P01');
        } finally {
          await postgres.client.query('rollback');
        }
      }),
      { numRuns: 1_000 },
    );
    assert.ok(taken > 5, `${taken}`);
  });
});
