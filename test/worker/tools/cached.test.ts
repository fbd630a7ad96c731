import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Failure } from '../../../src/shared/errors.ts';
import { hashOfArguments } from '../../../src/shared/fingerprint.ts';
import type { CallContext } from '../../../src/worker/domain/context.ts';
import { ANONYMOUS, type Principal } from '../../../src/worker/domain/principal.ts';
import { InputRequired } from '../../../src/worker/domain/question.ts';
import { toolResult } from '../../../src/worker/tools/tool-result.ts';
import {
  ann,
  counting,
  type Given,
  MINUTE_MS,
  openCached,
  type Run,
  textOf,
  toolOf,
} from './cached-worker.ts';

const bob: Principal = { id: 'key:bob', scopes: new Set(['notes:read']) };

// The types of questions are not told apart here.
const answerAll: CallContext['ask'] = async () => ({ name: { roots: [] } }) as never;

/** Deeper than is looked at. */
function nest(innermost: unknown): Given {
  let value = innermost;
  for (let depth = 0; depth < 70; depth += 1) value = [value];
  return { value };
}

suite('a tool whose answers are kept', () => {
  test('is not run again for the same arguments in another order, by any worker', async (t) => {
    await using opened = new AsyncDisposableStack();
    const { tool, counted } = counting();
    const here = opened.use(await openCached(tool));
    const there = opened.use(await openCached(tool, { prefix: here.prefix }));
    assert.equal(textOf(await here.call({ a: 1, b: [2] })), 'run 1');
    await t.waitFor(async () => {
      assert.equal(textOf(await there.call({ b: [2], a: 1 })), 'run 1');
      assert.equal(there.outcomes.at(-1), 'prices hit');
    });
    assert.equal(counted.runs, 1);
    assert.equal(textOf(await here.call({ a: 1, b: [3] })), 'run 2');
  });

  test('answers again all that it answered', async (t) => {
    const answer = toolResult({
      content: [
        { type: 'text', text: 'a\u2028b' },
        { type: 'image', data: 'AAAA', mimeType: 'image/png', annotations: { priority: 1 } },
      ],
      structuredContent: { deep: { list: [1, null] } },
    });
    const tool = toolOf(async () => answer);
    using here = await openCached(tool);
    const first = await here.call({});
    await t.waitFor(async () => {
      assert.deepEqual(JSON.stringify(await here.call({})), JSON.stringify(first));
      assert.equal(here.outcomes.at(-1), 'prices hit');
    });
  });

  test('has the hash of its arguments made once', async () => {
    const tool = toolOf(async (given) => {
      Object.assign(given, { changed: true });
      return 'done';
    });
    using here = await openCached(tool);
    const given = { a: 1 };
    await here.call(given);
    assert.equal(hashOfArguments(given), hashOfArguments({ a: 1 }));
  });

  test('is run for arguments too deep to be told apart', async () => {
    const { tool, counted } = counting();
    using here = await openCached(tool);
    assert.equal(textOf(await here.call(nest(1))), 'run 1');
    assert.equal(textOf(await here.call(nest(2))), 'run 2');
    assert.equal(textOf(await here.call(nest(2))), 'run 3');
    assert.equal(counted.runs, 3);
    assert.deepEqual(new Set(here.outcomes), new Set(['prices bypass']));
  });

  test('is run again as another generation', async () => {
    await using opened = new AsyncDisposableStack();
    const { tool } = counting();
    const here = opened.use(await openCached(tool));
    const later = opened.use(await openCached(tool, { prefix: here.prefix, version: 'v2' }));
    assert.equal(textOf(await here.call({})), 'run 1');
    assert.equal(textOf(await later.call({})), 'run 2');
  });
});

suite('a tool without a cache', () => {
  test('is run in the context of its call, and Redis is not asked', async () => {
    const { tool, counted } = counting();
    using here = await openCached({ ...tool, cache: undefined });
    await here.call({});
    await here.call({});
    assert.equal(counted.runs, 2);
    assert.deepEqual(here.outcomes, []);
    assert.deepEqual(await here.redis.keys(`${here.prefix}*`), []);
  });
});

suite('what was answered', () => {
  for (const [what, other] of [
    ['another principal', bob],
    ['whoever says nothing of itself', ANONYMOUS],
    ['the same principal with fewer scopes', { id: ann.id, scopes: new Set<string>() }],
    ['the same principal with other scopes', { id: ann.id, scopes: new Set(['notes:write']) }],
    ['the same principal with all scopes', { id: ann.id, scopes: 'all' }],
  ] as const) {
    test(`is not given to ${what}`, async () => {
      const { tool } = counting();
      using here = await openCached(tool);
      assert.equal(textOf(await here.call({})), 'run 1');
      assert.equal(textOf(await here.call({}, { principal: other })), 'run 2');
      assert.equal(textOf(await here.call({}, { principal: other })), 'run 2');
      assert.equal(textOf(await here.call({})), 'run 1');
    });
  }

  test('is given to all if the tool is public, and the tool does not know for whom', async () => {
    const tool = toolOf(
      async (_given, { principal: { id, scopes, address }, trace }) => ({
        id,
        scopes: scopes === 'all' ? scopes : [...scopes],
        address,
        trace,
      }),
      { ttlMs: MINUTE_MS, public: true },
    );
    using here = await openCached(tool);
    const traceparent = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;
    const trace = { traceparent, tracestate: 'a=1', baggage: 'tenant=ann' };
    const principal = { ...ann, address: '192.0.2.1' };
    const first = await here.call({}, { principal, trace });
    assert.deepEqual(JSON.parse(textOf(first)), {
      id: 'anybody',
      scopes: [],
      trace: { traceparent },
    });
    assert.deepEqual(await here.call({}, { principal: bob }), first);
    assert.match(here.outcomes.join(), /^prices miss,prices (hit|shared)$/);
  });

  test('cannot depend on an address either: the tool is not told', async () => {
    const tool = toolOf(async (_given, { principal }) => ({ ...principal, scopes: [] }));
    using here = await openCached(tool);
    const first = await here.call({}, { principal: { ...ANONYMOUS, address: '192.0.2.1' } });
    assert.equal(textOf(first), '{"id":"anonymous","scopes":[]}');
  });
});

suite('what is not kept', () => {
  /** Each is run for each call. */
  const RUNS: readonly (readonly [what: string, Run])[] = [
    ['an error that the model reads', async () => toolResult({ content: [], isError: true })],
    [
      'a result that says something in _meta',
      async () => toolResult({ content: [], _meta: { a: 1 } }),
    ],
    [
      'an answer to a question',
      async (_given, { ask }) => {
        await ask({ name: { method: 'roots/list' } });
        return 'asked';
      },
    ],
    [
      'the answer of a call that announced something',
      async (_given, { announce }) => {
        await announce({ list: 'tools' });
        return 'announced';
      },
    ],
    [
      'a failure that the model can mend',
      async () => {
        throw new Failure('not-found', 'There is none');
      },
    ],
  ];
  for (const [what, run] of RUNS) {
    test(`is ${what}`, async () => {
      let runs = 0;
      const tool = toolOf((given, context) => {
        runs += 1;
        return run(given, context);
      });
      using here = await openCached(tool);
      await here.call({}, { ask: answerAll });
      await here.call({}, { ask: answerAll });
      assert.equal(runs, 2);
      assert.ok(!here.outcomes.includes('prices hit'));
      assert.deepEqual(await here.redis.keys(`${here.prefix}result:kept:*`), []);
    });
  }

  for (const thrown of [
    new Failure('unavailable', 'Not now'),
    new Failure('forbidden', 'Not you'),
    new InputRequired({ name: { method: 'roots/list' } }),
  ]) {
    test(`is what was thrown: ${thrown.message}`, async () => {
      let runs = 0;
      const tool = toolOf(() => {
        runs += 1;
        return Promise.reject(thrown);
      });
      using here = await openCached(tool);
      await assert.rejects(here.call({}), thrown);
      await assert.rejects(here.call({}), thrown);
      assert.equal(runs, 2);
    });
  }

  test('is a result of more than 1 MiB, and one just as large is', async (t) => {
    const frame = JSON.stringify({ content: [{ type: 'text', text: '' }] }).length;
    for (const [length, outcome] of [
      [1_048_576 - frame, 'prices hit'],
      [1_048_577 - frame, 'prices miss'],
    ] as const) {
      const tool = toolOf(async () => 'x'.repeat(length));
      // oxlint-disable-next-line no-await-in-loop -- two
      using here = await openCached(tool);
      // oxlint-disable-next-line no-await-in-loop -- as above
      await here.call({});
      // oxlint-disable-next-line no-await-in-loop -- as above
      await t.waitFor(async () => {
        await here.call({});
        assert.equal(here.outcomes.at(-1), outcome);
      });
      // oxlint-disable-next-line no-await-in-loop -- as above
      const kept = await here.redis.keys(`${here.prefix}result:kept:*`);
      assert.equal(kept.length, outcome === 'prices hit' ? 1 : 0);
    }
  });

  test('is messages and progress: who gets a kept answer hears none', async (t) => {
    const heard: unknown[] = [];
    const tool = toolOf(async (_given, { progress, message }) => {
      await progress(1, 2);
      await message('info', 'half way');
      return 'done';
    });
    using here = await openCached(tool);
    const context: Partial<CallContext> = {
      progress: async (...said) => void heard.push(said),
      message: async (...said) => void heard.push(said),
    };
    await here.call({}, context);
    await t.waitFor(async () => {
      await here.call({}, context);
      assert.equal(here.outcomes.at(-1), 'prices hit');
    });
    assert.deepEqual(heard, [
      [1, 2],
      ['info', 'half way'],
    ]);
  });
});
