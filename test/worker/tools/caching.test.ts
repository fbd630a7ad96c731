import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { createToolRegistry } from '../../../src/worker/tools/registry.ts';
import {
  type CachePolicy,
  defineTool,
  type Tool,
  type ToolAnnotations,
} from '../../../src/worker/tools/tool.ts';
import { entryOf } from './tool-context.ts';

const DAY_MS = 86_400_000;

function toolOf(cache: CachePolicy, annotations: ToolAnnotations = { readOnlyHint: true }): Tool {
  return defineTool({
    name: 'prices',
    description: 'Says what things cost.',
    annotations,
    cache,
    run: async () => 'much',
  });
}

function cachingOf(tool: Tool, version = 'v1') {
  const entry = entryOf(tool);
  const registry = createToolRegistry([{ ...entry, origin: { ...entry.origin, version } }]);
  return registry.find('prices')?.caching;
}

suite('a tool with a cache', () => {
  test('is taken if it only reads, within bounds', () => {
    const { generation, ...caching } = cachingOf(toolOf({ ttlMs: 1 })) ?? assert.fail();
    assert.deepEqual(caching, { ttlMs: 1, staleMs: 0, isPublic: false });
    assert.match(generation, /^[\w-]{43}$/);
    const largest = cachingOf(toolOf({ ttlMs: DAY_MS, staleMs: DAY_MS, public: true }));
    assert.ok(largest?.isPublic === true && largest.staleMs === DAY_MS);
  });

  for (const annotations of [{}, { readOnlyHint: false }, { idempotentHint: true }]) {
    test(`is refused if it does not say that it only reads: ${JSON.stringify(annotations)}`, () => {
      assert.throws(() => cachingOf(toolOf({ ttlMs: 1 }, annotations)), {
        code: 'invalid',
        message: /^The cache of the tool "prices" needs annotations\.readOnlyHint, which says/,
      });
    });
  }

  for (const [what, cache, message] of [
    ['no time at all', {}, /needs a ttlMs from 1 to 86400000$/],
    ['a time of nothing', { ttlMs: 0 }, /ttlMs/],
    ['a time longer than a day', { ttlMs: DAY_MS + 1 }, /ttlMs/],
    ['a time that is no whole number', { ttlMs: 0.5 }, /ttlMs/],
    ['a time in a text', { ttlMs: '1000' }, /ttlMs/],
    ['staleness without a time', { ttlMs: 1, staleMs: 0 }, /staleMs/],
    ['staleness for longer than a day', { ttlMs: 1, staleMs: DAY_MS + 1 }, /staleMs/],
    ['a text for whether it is public', { ttlMs: 1, public: 'false' }, /public/],
  ] as const) {
    test(`is refused with ${what}`, () => {
      // What TypeScript would refuse, a JavaScript author may write.
      const tool = toolOf(cache as unknown as CachePolicy);
      assert.throws(() => cachingOf(tool), { code: 'invalid', message });
    });
  }

  test('keeps what it answers apart from that of any other version of it', () => {
    const tool = toolOf({ ttlMs: 1 });
    const others = [
      cachingOf(tool),
      cachingOf(tool, 'v2'),
      cachingOf({ ...tool, description: 'Says what it used to cost.' }),
      cachingOf({ ...tool, inputSchema: { type: 'object' } }),
      cachingOf(toolOf({ ttlMs: 1, public: true })),
      cachingOf(toolOf({ ttlMs: 2 })),
    ].map((caching) => caching?.generation);
    assert.equal(new Set(others).size, others.length);
    assert.equal(cachingOf(toolOf({ ttlMs: 1 }))?.generation, others[0]);
  });

  test('is told from one without', () => {
    const { cache: _cache, ...tool } = toolOf({ ttlMs: 1 });
    assert.equal(cachingOf({ ...tool, cache: undefined }), undefined);
  });
});
