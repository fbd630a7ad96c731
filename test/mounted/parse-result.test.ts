import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { parseToolResult } from '../../src/worker/tools/mounted/parse-result.ts';

const annotations = { audience: ['user'], priority: 0.5, lastModified: '2026-11-30T00:00:00Z' };

suite('a result of another server', () => {
  for (const piece of [
    { type: 'text', text: '', annotations, _meta: { a: 1 } },
    { type: 'image', data: 'AA==', mimeType: 'image/png' },
    { type: 'audio', data: 'AA==', mimeType: 'audio/wav' },
    { type: 'resource_link', uri: 'file:///a', name: 'a', size: 1 },
    { type: 'resource', resource: { uri: 'file:///a', text: '' } },
    { type: 'resource', resource: { uri: 'file:///a', blob: 'AA==', mimeType: 'x/y' } },
  ]) {
    test(`may hold ${JSON.stringify(piece)}`, () => {
      assert.deepEqual(parseToolResult({ content: [piece] }), { content: [piece] });
    });
  }

  for (const piece of [
    null,
    'text',
    [],
    {},
    { type: 'text' },
    { type: 'text', text: 1 },
    { type: 'constructor', text: '' },
    { type: ['text'], text: '' },
    { type: 'image', data: 'AA==' },
    { type: 'text', text: '', annotations: { audience: ['everybody'] } },
    { type: 'text', text: '', annotations: { priority: '1' } },
    { type: 'text', text: '', _meta: 1 },
    { type: 'resource_link', uri: 'file:///a' },
    { type: 'resource', resource: { uri: 'file:///a' } },
    { type: 'resource', resource: { uri: 'file:///a', text: '', blob: '' } },
    { type: 'resource', resource: null },
  ]) {
    test(`may not hold ${JSON.stringify(piece)}`, () => {
      assert.equal(parseToolResult({ content: [{ type: 'text', text: '' }, piece] }), undefined);
    });
  }

  for (const result of [{ content: 'x' }, { content: {} }, { content: [], isError: 'yes' }]) {
    test(`is none if it is ${JSON.stringify(result)}`, () => {
      assert.equal(parseToolResult(result), undefined);
    });
  }

  test('is passed on whole, without what the protocol keeps for itself', () => {
    const result = {
      content: [],
      structuredContent: { a: [1] },
      isError: true,
      _meta: {
        'io.modelcontextprotocol/serverInfo': {},
        'tools.mcp.com/x': 1,
        'com.example/x': 2,
        plain: 3,
      },
      nextCursor: 'x',
    };
    assert.deepEqual(parseToolResult(result), {
      content: [],
      structuredContent: { a: [1] },
      isError: true,
      _meta: { 'com.example/x': 2, plain: 3 },
    });
  });
});
