import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type { ContentBlock } from '../../../src/worker/domain/content.ts';
import {
  completeResult,
  dressListing,
  dressMessages,
  dressTool,
  dressToolResult,
} from '../../../src/worker/protocol/dress.ts';
import type { Revision } from '../../../src/worker/protocol/revisions.ts';
import { checkAnswer } from '../../support/check-messages.ts';

const REVISIONS = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'] as const;
const SINCE = (first: Revision, revision: Revision, what: object) =>
  revision >= first ? what : {};

const icons = [{ src: 'https://icons.example/a.png' }];
const annotations = { readOnlyHint: true };
const object = { type: 'object', properties: { a: { type: 'string' } } };
const words = {
  type: 'array',
  items: { $ref: '#/$defs/word' },
  $defs: { word: { type: 'string' } },
};
const wrapped = {
  type: 'object',
  properties: { result: { type: 'array', items: { $ref: '#/$defs/word' } } },
  required: ['result'],
  $defs: { word: { type: 'string' } },
};
const tool = {
  name: 'a',
  title: 'A',
  description: 'Is a.',
  icons,
  inputSchema: object,
  annotations,
};
const sound: ContentBlock = { type: 'audio', data: 'AAAA', mimeType: 'audio/wav' };
const link: ContentBlock = { type: 'resource_link', uri: 'a:b', name: 'b' };
const text: ContentBlock = { type: 'text', text: 'x' };

/** An answer, held to its schema. In the modern era it is whole. */
function check(revision: Revision, method: string, result: object): void {
  const hints = { ttlMs: 1, cacheScope: 'private' } as const;
  const whole =
    revision === '2026-07-28' ? completeResult(result, { name: 'h', version: '1' }, hints) : result;
  checkAnswer(revision, method, { jsonrpc: '2.0', id: 1, result: whole });
}

for (const revision of REVISIONS) {
  suite(`in ${revision}`, () => {
    test('a listing has the words that there are', () => {
      const listed = { name: 'a', title: 'A', description: 'Is a.', icons };
      assert.deepEqual(dressListing(listed, revision), {
        name: 'a',
        description: 'Is a.',
        ...SINCE('2025-06-18', revision, { title: 'A' }),
        ...SINCE('2025-11-25', revision, { icons }),
      });
    });

    for (const [what, outputSchema, shown] of [
      ['nothing of its output', undefined, undefined],
      ['that its output is an object', object, object],
      ['that its output is none', words, revision === '2026-07-28' ? words : wrapped],
    ] as const) {
      test(`a tool that says ${what} has the words that there are`, () => {
        const dressed = dressTool({ ...tool, outputSchema }, revision);
        assert.deepEqual(dressed, {
          name: 'a',
          description: 'Is a.',
          inputSchema: object,
          ...SINCE('2025-03-26', revision, { annotations }),
          ...SINCE('2025-06-18', revision, { title: 'A' }),
          ...(shown === undefined ? {} : SINCE('2025-06-18', revision, { outputSchema: shown })),
          ...SINCE('2025-11-25', revision, { icons }),
        });
        check(revision, 'tools/list', { tools: [dressed] });
      });
    }

    for (const [what, structuredContent, outputSchema, legacy] of [
      ['nothing', undefined, undefined, undefined],
      ['an object', { a: 'x' }, object, { a: 'x' }],
      ['an object that nobody described', { a: 'x' }, undefined, { a: 'x' }],
      ['a list', ['x'], words, { result: ['x'] }],
      ['a list that nobody described', ['x'], undefined, undefined],
      ['null', null, { type: ['array', 'null'] }, { result: null }],
    ] as const) {
      test(`a result that is ${what} besides its text is so, as far as may be`, () => {
        const structured = revision === '2026-07-28' ? structuredContent : legacy;
        const given = structuredContent === undefined ? {} : { structuredContent };
        const dressed = dressToolResult({ content: [text], ...given }, outputSchema, revision);
        const shown = structured === undefined ? {} : { structuredContent: structured };
        assert.deepEqual(dressed, { content: [text], ...SINCE('2025-06-18', revision, shown) });
        check(revision, 'tools/call', dressed);
      });
    }

    test('a piece that has no word is told of in a text', () => {
      const content = [text, sound, link];
      const soundText = { type: 'text', text: '[A sound of type audio/wav]' };
      const linkText = { type: 'text', text: '[The resource b: a:b]' };
      const shown = [
        text,
        revision >= '2025-03-26' ? sound : soundText,
        revision >= '2025-06-18' ? link : linkText,
      ];
      const dressed = dressToolResult({ content, isError: true }, undefined, revision);
      assert.deepEqual(dressed, { content: shown, isError: true });
      check(revision, 'tools/call', dressed);
      const turns = content.map((piece) => ({ role: 'user', content: piece }) as const);
      const messages = dressMessages(turns, revision);
      assert.deepEqual(
        messages.map((turn) => turn.content),
        shown,
      );
      check(revision, 'prompts/get', { messages });
    });
  });
}

suite('a result of the modern era', () => {
  const info = { name: 'h', version: '1' };
  const hints = { ttlMs: 7, cacheScope: 'private' } as const;
  const from = { 'io.modelcontextprotocol/serverInfo': info };

  test('is whole, and says who it is from and how long it may be kept', () => {
    assert.deepEqual(completeResult({ tools: [] }, info, hints), {
      resultType: 'complete',
      ttlMs: 7,
      cacheScope: 'private',
      tools: [],
      _meta: from,
    });
  });

  test('that is questions is not to be kept', () => {
    const asked = { resultType: 'input_required', requestState: 'x' };
    assert.deepEqual(completeResult(asked, info, hints), { ...asked, _meta: from });
  });

  test('keeps what it says of itself', () => {
    const result = { _meta: { own: 1 } };
    const whole = { resultType: 'complete', _meta: { ...from, own: 1 } };
    assert.deepEqual(completeResult(result, info, undefined), whole);
  });
});
