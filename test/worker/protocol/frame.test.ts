import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { isRecord, isRequestId, parseFrame } from '../../../src/worker/protocol/frame.ts';
import { JSON_BOUNDS } from './json-bounds.ts';

const MALFORMED: readonly (readonly [string, string, number, (string | number)?])[] = [
  ['nothing', '', -32700],
  ['what is not JSON', 'nope', -32700],
  ['half a message', '{"jsonrpc":"2.0","id":1,', -32700],
  ['two messages', '{"jsonrpc":"2.0","id":1,"method":"a"}{}', -32700],
  ['null', 'null', -32600],
  ['a number', '7', -32600],
  ['a text', '"ping"', -32600],
  ['an empty object', '{}', -32600],
  ['an empty batch', '[]', -32600],
  ['a batch of too many', JSON.stringify(Array.from({ length: 101 }, () => ({}))), -32600],
  ['no jsonrpc', '{"id":1,"method":"a"}', -32600, 1],
  ['jsonrpc 1.0', '{"jsonrpc":"1.0","id":"x","method":"a"}', -32600, 'x'],
  ['jsonrpc as a number', '{"jsonrpc":2.0,"id":1,"method":"a"}', -32600, 1],
  ['an answer without jsonrpc', '{"id":1,"result":{}}', -32600, 1],
  ['no method', '{"jsonrpc":"2.0","id":1}', -32600, 1],
  ['a number for a method', '{"jsonrpc":"2.0","id":1,"method":5}', -32600, 1],
  ['null for a method', '{"jsonrpc":"2.0","id":"x","method":null,"result":{}}', -32600, 'x'],
  ['null for an id', '{"jsonrpc":"2.0","id":null,"method":"a"}', -32600],
  ['a fraction for an id', '{"jsonrpc":"2.0","id":1.5,"method":"a"}', -32600],
  ['an id too large to be exact', '{"jsonrpc":"2.0","id":9007199254740993,"method":"a"}', -32600],
  ['an object for an id', '{"jsonrpc":"2.0","id":{},"method":"a"}', -32600],
  ['an array for an id', '{"jsonrpc":"2.0","id":[1],"method":"a"}', -32600],
  ['true for an id', '{"jsonrpc":"2.0","id":true,"method":"a"}', -32600],
  ['positional params', '{"jsonrpc":"2.0","id":1,"method":"a","params":[1]}', -32602, 1],
  ['a text for params', '{"jsonrpc":"2.0","id":0,"method":"a","params":"x"}', -32602, 0],
  ['null for params', '{"jsonrpc":"2.0","id":"","method":"a","params":null}', -32602, ''],
];

/** A request of so many levels. */
function nested(levels: number): string {
  const arrays = '['.repeat(levels - 2) + ']'.repeat(levels - 2);
  return `{"jsonrpc":"2.0","id":1,"method":"a","params":{"deep":${arrays}}}`;
}

suite('a malformed frame', () => {
  for (const [what, text, code, id] of MALFORMED) {
    const echo = id === undefined ? 'leaves the id out' : `echoes the id ${JSON.stringify(id)}`;
    test(`${what} is refused with ${code} and the refusal ${echo}`, () => {
      const frame = parseFrame(text, JSON_BOUNDS);
      assert.ok(frame.kind === 'malformed');
      const { refusal } = frame;
      assert.ok(refusal && 'error' in refusal);
      assert.equal(refusal.error.code, code);
      assert.equal('id' in refusal, id !== undefined);
      assert.equal(refusal.id, id);
    });
  }

  test('does not have its text repeated', () => {
    const frame = parseFrame('{"password":"hunter2"', JSON_BOUNDS);
    assert.ok(frame.kind === 'malformed');
    assert.doesNotMatch(JSON.stringify(frame.refusal), /hunter2/);
  });
});

suite('a well-formed frame', () => {
  for (const id of [0, -1, 7, '', '0', 'a"b', Number.MAX_SAFE_INTEGER]) {
    test(`may have the id ${JSON.stringify(id)}`, () => {
      const text = JSON.stringify({ jsonrpc: '2.0', id, method: 'ping' });
      assert.deepEqual(parseFrame(text, JSON_BOUNDS), {
        kind: 'request',
        request: { jsonrpc: '2.0', id, method: 'ping', params: {} },
      });
    });
  }

  test('without an id is a notification', () => {
    assert.deepEqual(parseFrame('{"jsonrpc":"2.0","method":"a","params":{"b":1}}', JSON_BOUNDS), {
      kind: 'notification',
      notification: { jsonrpc: '2.0', method: 'a', params: { b: 1 } },
    });
  });

  for (const text of [
    '{"jsonrpc":"2.0","id":"1","result":{}}',
    '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"no"}}',
  ]) {
    test(`is an answer: ${text}`, () => {
      const frame = parseFrame(text, JSON_BOUNDS);
      assert.ok(frame.kind === 'response');
      assert.deepEqual(JSON.parse(JSON.stringify(frame.response)), JSON.parse(text));
    });
  }

  for (const text of [
    '{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"no"}}',
    '{"jsonrpc":"2.0","id":1,"error":{"code":"1","message":"no"}}',
    '{"jsonrpc":"2.0","id":1,"result":null}',
    '{"jsonrpc":"2.0","error":null}',
  ]) {
    test(`is a malformed answer, which is not answered either: ${text}`, () => {
      assert.deepEqual(parseFrame(text, JSON_BOUNDS), { kind: 'malformed', refusal: undefined });
    });
  }

  test('is a batch, of which each message is looked at by itself', () => {
    const frame = parseFrame('[{"jsonrpc":"2.0","id":1,"method":"a"},7]', JSON_BOUNDS);
    assert.ok(frame.kind === 'batch');
    assert.deepEqual(
      frame.messages.map(({ kind }) => kind),
      ['request', 'malformed'],
    );
  });

  test('carries members of which nobody has heard, and they are left behind', () => {
    const frame = parseFrame('{"jsonrpc":"2.0","id":1,"method":"a","extra":1}', JSON_BOUNDS);
    assert.ok(frame.kind === 'request');
    assert.deepEqual(Object.keys(frame.request), ['jsonrpc', 'id', 'method', 'params']);
  });

  test('can name __proto__ and changes nothing by it', () => {
    const frame = parseFrame(
      '{"jsonrpc":"2.0","id":1,"method":"a","params":{"__proto__":{"evil":1}},"__proto__":{"evil":1}}',
      JSON_BOUNDS,
    );
    assert.ok(frame.kind === 'request');
    assert.equal(Object.getPrototypeOf(frame.request), Object.prototype);
    assert.equal(Object.getPrototypeOf(frame.request.params), Object.prototype);
    assert.equal('evil' in frame.request.params, false);
    assert.equal('evil' in {}, false);
  });

  test('cannot have its jsonrpc, id or method from __proto__', () => {
    const inherited = '{"__proto__":{"jsonrpc":"2.0","id":1,"method":"ping"}}';
    assert.equal(parseFrame(inherited, JSON_BOUNDS).kind, 'malformed');
  });

  test('may be nested as deep as was said, and is refused unparsed beyond it', () => {
    assert.equal(parseFrame(nested(64), JSON_BOUNDS).kind, 'request');
    const refused = parseFrame(nested(65), JSON_BOUNDS);
    assert.ok(refused.kind === 'malformed' && refused.refusal && 'error' in refused.refusal);
    assert.equal(refused.overrun, 'json_depth');
    const { code, message } = refused.refusal.error;
    assert.deepEqual([code, message], [-32600, 'JSON may be 64 levels deep at most']);
  });
});

/** Numbers below `limit` that look like chance and are the same in every run. */
function chance(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

const PIECES =
  '{ } [ ] : , " \\ null true 1 -0 1e999 0.5 "jsonrpc" "2.0" "id" "method" "params" "result" "error"'
    .split(' ')
    .concat(
      '"__proto__" "constructor" "jsonrpc":"2.0" "method":"a" \u0000 \ud800 \u{1f600}'.split(' '),
    );

test('whatever arrives is a frame of some kind, and none of it throws', () => {
  const pick = chance(20_251_125);
  const kinds = new Set<string>();
  const seedText = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}';
  for (let round = 0; round < 20_000; round += 1) {
    let text = round % 2 === 0 ? seedText : '';
    for (let edit = pick(12); edit >= 0; edit -= 1) {
      const [at, length] = [pick(text.length + 1), pick(8)];
      text = text.slice(0, at) + (PIECES[pick(PIECES.length)] ?? '') + text.slice(at + length);
    }
    const frame = parseFrame(text, JSON_BOUNDS);
    kinds.add(frame.kind);
    if (frame.kind === 'request') {
      assert.ok(isRequestId(frame.request.id), text);
      assert.ok(isRecord(frame.request.params), text);
    }
  }
  assert.ok(kinds.has('malformed') && kinds.has('request'), [...kinds].join());
});
