import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { findFlawWithin, findTextFlaw } from '../../../src/worker/authoring/text-flaw.ts';

/** A text with a flaw, that many levels down. */
function nested(levels: number): unknown {
  return JSON.parse(`${'{"a":'.repeat(levels)}"\u200B"${'}'.repeat(levels)}`);
}

suite('a text that models and people read', () => {
  for (const text of [
    '',
    'Finds products.\n\tSays what each costs: 3 € – “net”.',
    'Größe, 価格, السعر, मूल्य, ราคา',
    '👩‍💻 and ❤️ and 👨‍👩‍👧‍👦 and ❤\uFE0E and 1️⃣',
    'می‌خواهم',
    'क्‍ष',
  ]) {
    test(`may be ${JSON.stringify(text)}`, () => {
      assert.equal(findTextFlaw(text), undefined);
    });
  }

  for (const [what, text, flaw] of [
    ['an escape sequence', 'red \u001B[31mtext', 'a control character'],
    ['a NUL', 'a\0b', 'a control character'],
    ['a C1 control', 'a\u009Bb', 'a control character'],
    ['a turn of direction', 'a\u202Eb', 'a character that turns the direction of text'],
    ['an isolate', 'a\u2066b', 'a character that turns the direction of text'],
    ['tags', `a${String.fromCodePoint(0xe0041)}`, 'a tag character'],
    ['a zero-width space', 'a\u200Bb', 'an invisible character'],
    ['a word joiner', 'a\u2060b', 'an invisible character'],
    ['a byte order mark', '\uFEFFa', 'an invisible character'],
    ['a soft hyphen', 'a\u00ADb', 'an invisible character'],
    ['joiners that join nothing', 'a\u200D\u200Db', 'an invisible character'],
    ['a joiner between words', 'pay \u200Cnow', 'an invisible character'],
    [
      'a variation selector beyond the plain ones',
      `a${String.fromCodePoint(0xe0100)}`,
      'an invisible character',
    ],
    ['half a surrogate pair', 'a\uD83Db', 'half a character'],
    ['a flood', 'a'.repeat(8_193), 'more than 8192 characters'],
  ] as const) {
    test(`has a flaw with ${what}`, () => {
      assert.equal(findTextFlaw(text), flaw);
    });
  }

  test('has a flaw with whatever is not seen in it', () => {
    for (const hidden of [
      '\uFE00\uFE0D\uFE0E\uFE0F',
      '\u034F\u115F\u1160\u17B4\u17B5\u2800\u3164\uFFA0',
      '\u2028\u2029\uFFF9\uFFFA\uFFFB',
    ].join('')) {
      const found = findTextFlaw(`pay${hidden}load`);
      assert.equal(found, 'an invisible character', JSON.stringify(hidden));
    }
    assert.equal(findTextFlaw('❤\uFE0F\uFE0F'), 'an invisible character');
  });

  test('is not looked for without end', () => {
    assert.match(findFlawWithin(nested(100)) ?? '', /a has an invisible character$/);
    assert.equal(findFlawWithin(nested(20_000)), 'it is nested too deeply');
    const endless: Record<string, unknown> = {};
    endless.again = endless;
    assert.equal(findFlawWithin(endless), 'it is nested too deeply');
  });

  test('is found wherever it is', () => {
    const schema = { properties: { a: { description: 'fine' }, b: { enum: ['x', 'y\u200B'] } } };
    assert.equal(
      findFlawWithin({ schema }),
      'schema.properties.b.enum.1 has an invisible character',
    );
    assert.equal(
      findFlawWithin({ properties: { 'a\u202E': {} } }),
      'a name in properties has a character that turns the direction of text',
    );
    assert.equal(
      findFlawWithin({ title: undefined, count: 7, none: null, fine: ['yes'] }),
      undefined,
    );
  });
});
