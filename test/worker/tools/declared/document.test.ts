import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { assert as check, property, string } from 'fast-check';

import { parseDocuments } from '../../../../src/worker/tools/declared/document.ts';
import type { DeclaredValue } from '../../../../src/worker/tools/declared/value.ts';
import { LoadFailure } from '../../../../src/worker/tools/load/load-failure.ts';
import { faultsIn } from './declared.ts';

const FILE = 'tools.yaml';

function parse(text: string): DeclaredValue {
  const [document] = parseDocuments(text, FILE);
  assert.ok(document !== undefined);
  return document;
}

function faultsOf(ask: () => unknown): readonly string[] {
  try {
    ask();
  } catch (error) {
    return faultsIn(error);
  }
  return [];
}

const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const many = (count: number): string => '---\na: 1\n'.repeat(count);

suite('a YAML file', () => {
  test('holds several documents, and none that are empty', () => {
    const documents = parseDocuments('# one\na: 1\n---\nb: 2\n---\n# nothing\n---\nc: 3\n', FILE);
    assert.deepEqual(
      documents.map((document) => document.json()),
      [{ a: 1 }, { b: 2 }, { c: 3 }],
    );
    assert.deepEqual(parseDocuments('', FILE), []);
    assert.deepEqual(parseDocuments('# nothing\n', FILE), []);
  });

  test('is of YAML 1.2, whose core knows no yes, no date and no octal by a zero', () => {
    const text = 'a: yes\nb: 2026-11-22\nc: 010\nd: 0o10\ne: ~\nf: 1e3\n<<: { g: 1 }\n1: x\n';
    const value = {
      a: 'yes',
      b: '2026-11-22',
      c: 10,
      d: 8,
      e: null,
      f: 1000,
      '<<': { g: 1 },
      1: 'x',
    };
    assert.deepEqual(parse(text).json(), value);
  });

  test('has keys that are keys and nothing else', () => {
    const value = parse('a: { __proto__: { b: 1 }, constructor: 2 }').json();
    assert.equal(JSON.stringify(value), '{"a":{"__proto__":{"b":1},"constructor":2}}');
    assert.equal(parse('a: 1').map().find('constructor'), undefined);
  });

  for (const [what, text, faults] of [
    ['a tag of its own', 'a: 1\nb: !env SECRET', ['2:4 Unresolved tag: !env']],
    ['a tag for bytes', 'a: !!binary aGk=', ['1:4 Unresolved tag: tag:yaml.org,2002:binary']],
    ['a key twice', 'a: 1\nb: { c: 1, d: 2, c: 3 }', ['2:18 "c" is there already']],
    ['a key that is none', '? [a]\n: 1', ['1:3 With stringKeys, all keys must be strings']],
    ['an alias', 'a: &x [1]\nb: *x', ['2:4 an alias: write out what it stands for']],
    [
      'an alias of what it lies in',
      'a: &x\n  b: *x',
      ['2:6 an alias: write out what it stands for'],
    ],
    [
      'bad syntax, twice',
      'a: "\\q"\n---\nb: [1',
      [
        '1:5 Invalid escape sequence \\q',
        '3:6 Flow sequence in block collection must be sufficiently indented and end with a ]',
      ],
    ],
  ] as const) {
    test(`with ${what} is refused, and where it is`, () => {
      const found = faultsOf(() => parseDocuments(text, FILE));
      assert.deepEqual(found.slice(0, faults.length), faults);
    });
  }

  test('as deep as no tool, or with too many documents, is refused', () => {
    assert.deepEqual(
      faultsOf(() => parse(deep(32))),
      [],
    );
    assert.deepEqual(
      faultsOf(() => parse(deep(40))),
      ['1:34 deeper than 32 levels'],
    );
    assert.ok(faultsOf(() => parse(deep(5_000))).length > 0);
    assert.equal(parseDocuments(many(100), FILE).length, 100);
    assert.deepEqual(
      faultsOf(() => parseDocuments(many(101), FILE)),
      ['1:1 more than 100 documents'],
    );
  });

  test('of the largest size is read in a moment, whatever is in it', () => {
    const keys = Array.from({ length: 30_000 }, (_none, index) => `k${index}: 1`).join('\n');
    const before = process.cpuUsage();
    assert.equal(parse(keys).map().entries.length, 30_000);
    // To compare each key with all others would take half a minute.
    assert.ok(process.cpuUsage(before).user < 12_000_000);
    const faults = faultsOf(() => parse(`${keys}\n${keys}`));
    assert.equal(faults.length, 10);
  });

  test('of any text is read or refused', () => {
    const texts = string({ unit: 'binary', maxLength: 60 });
    check(
      property(texts, (text) => {
        try {
          for (const document of parseDocuments(text, FILE)) document.json();
        } catch (error) {
          assert.ok(error instanceof LoadFailure, String(error));
        }
      }),
    );
  });
});

suite('a value', () => {
  const map = parse(
    'text: a\nempty: " "\nnumber: 1.5\nwhole: 7\nbig: 9007199254740993\nflag: true\nlist: [a, { b: 1 }]\nmap: { a: 1, tilte: 2 }\nnothing:\nnan: .nan',
  ).map();

  test('is what it is asked for as', () => {
    assert.equal(map.get('text').text(1), 'a');
    assert.equal(map.get('number').number(), 1.5);
    assert.equal(map.get('whole').integer({ min: 7, max: 7 }), 7);
    assert.equal(map.get('flag').boolean(), true);
    assert.equal(map.get('text').oneOf(['b', 'a']), 'a');
    assert.deepEqual(map.get('list').json(), ['a', { b: 1 }]);
    assert.deepEqual(map.get('map').mapOf(['a', 'tilte']).entries[0]?.[0], 'a');
    assert.equal(map.find('other'), undefined);
  });

  for (const [what, ask, fault] of [
    [
      'no text',
      () => map.get('whole').string(),
      '4:8 "whole" is to be a text. In quotes, if it looks like something else',
    ],
    [
      'an empty text',
      () => map.get('empty').text(9),
      '2:8 "empty" is to be a text of 1 to 9 characters',
    ],
    [
      'too long a text',
      () => map.get('text').text(0),
      '1:7 "text" is to be a text of 1 to 0 characters',
    ],
    ['no number', () => map.get('nan').number(), '10:6 "nan" is to be a number'],
    [
      'no whole number',
      () => map.get('number').integer({ min: 0, max: 9 }),
      '3:9 "number" is to be a whole number from 0 to 9',
    ],
    [
      'too large a number',
      () => map.get('big').integer({ min: 0, max: 2 ** 60 }),
      `5:6 "big" is to be a whole number from 0 to ${2 ** 60}`,
    ],
    [
      'neither true nor false',
      () => map.get('text').boolean(),
      '1:7 "text" is to be true or false',
    ],
    ['no such word', () => map.get('flag').oneOf(['a', 'b']), '6:7 "flag" is to be one of a, b'],
    [
      'a word with a slip in it',
      () => map.get('text').oneOf(['as']),
      '1:7 "text" is to be one of as. Did you mean "as"?',
    ],
    ['no list', () => map.get('map').list(), '8:6 "map" is to be a list'],
    ['no map', () => map.get('list').map(), '7:7 "list" is to be a map'],
    ['no map in a list', () => map.get('list').list()[0]?.map(), '7:8 "list[0]" is to be a map'],
    [
      'nothing',
      () => map.get('nothing').string(),
      '9:9 "nothing" is to be a text. In quotes, if it looks like something else',
    ],
    ['not there', () => map.get('other'), '1:1 the tool has no "other"'],
    [
      'not there, further in',
      () => map.get('list').list()[1]?.map().get('c'),
      '7:11 "list[1]" has no "c"',
    ],
    [
      'what JSON cannot say',
      () => map.get('nan').json(),
      '10:6 "nan" is no number that JSON can say',
    ],
    [
      'a key with a slip in it',
      () => map.get('map').mapOf(['a', 'title']),
      '8:14 "map.tilte" is not known here. Did you mean "title"?',
    ],
  ] as const) {
    test(`that is ${what} says so, and where it is`, () => {
      assert.deepEqual(faultsOf(ask), [fault]);
    });
  }
});

suite('a place in a text', () => {
  for (const [how, text, place] of [
    ['a literal block', 'a: |\n  one\n\n  tw*o\n', '4:5'],
    [
      'a literal block with spaces before it, and ends of lines of Windows',
      'a: |2-\r\n     one\r\n  tw*o',
      '3:5',
    ],
    ['a literal block in a list', 'a:\n  - |+\n     tw*o\n\n', '3:8'],
    ['a line', 'a: one tw*o # three', '1:10'],
    ['quotes', "a: 'one tw*o'", '1:11'],
    ['double quotes', 'a: "one tw*o"', '1:11'],
    // Elsewhere it is where the text begins.
    ['quotes with an escape', "a: 'it''s tw*o'", '1:4'],
    ['a folded block', 'a: >\n  one\n  tw*o\n', '1:4'],
    ['lines', 'a: one\n  tw*o', '1:4'],
  ] as const) {
    test(`is found in ${how}`, () => {
      const value = parse(text).map().get('a');
      const inner = text.startsWith('a:\n') ? value.list()[0] : value;
      assert.ok(inner !== undefined);
      const failure = inner.failure('is here', inner.string().indexOf('*'));
      const [fault] = faultsIn(failure);
      assert.equal(fault?.split(' ')[0], place);
    });
  }
});
