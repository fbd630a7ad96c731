/** What holds for a mounted server, however it is reached. The servers are made with the official SDK. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, suite, type TestContext, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';

import { Failure } from '../../src/shared/errors.ts';
import { serveFixture } from './fixtures/http-server.ts';
import { type Mounted, type MountedOptions, mount, program } from './mounted.ts';

const WITHIN = { timeout: 20_000 };
const textOf = ({ content }: { readonly content: readonly object[] }): unknown =>
  content.map((piece) => ('text' in piece ? piece.text : piece)).join('');

/** Takes what is to be closed in the end. */
type Defer = (close: () => Promise<void>) => void;
type MountIt = (defer: Defer, options?: MountedOptions, terms?: object) => Promise<Mounted>;

/** Mounts the same server in each way that there is. */
const WAYS: Readonly<Record<string, MountIt>> = {
  'over its pipes': async (defer, options, terms) => {
    const mounted = await mount({ ...program('stdio-server.ts'), ...terms }, options);
    defer(async () => {
      await mounted[Symbol.asyncDispose]();
    });
    return mounted;
  },
  'over HTTP, with streams': overHttp(false),
  'over HTTP, with JSON': overHttp(true),
};

function overHttp(json: boolean): MountIt {
  return async (defer, options, terms) => {
    const served = await serveFixture({ json });
    const mounted = await mount({ url: served.url, ...terms }, options);
    defer(async () => {
      await mounted[Symbol.asyncDispose]();
      await served[Symbol.asyncDispose]();
    });
    return mounted;
  };
}

/** Closes after the test. */
const within =
  (t: TestContext): Defer =>
  (close) => {
    t.after(() => close());
  };

for (const [way, mountIt] of Object.entries(WAYS)) {
  suite(`a server mounted ${way}`, () => {
    let shared: Promise<Mounted> | undefined;
    const closing = new AsyncDisposableStack();
    after(() => closing.disposeAsync());
    /** One for all tests that leave it as it is: to start a program takes a second. */
    const mountOnce = (): Promise<Mounted> => {
      shared ??= mountIt((close) => {
        closing.defer(close);
      });
      return shared;
    };

    test('has its tools served under its name, as it describes them', async () => {
      const { live, loaded, names } = await mountOnce();
      assert.deepEqual(loaded.warnings, []);
      assert.equal(live.source, 'it');
      assert.ok(names().every((name) => name.startsWith('it_')));
      const add = live.tools.find(({ name }) => name === 'it_add');
      assert.equal(add?.title, 'Add');
      assert.equal(add?.description, 'Adds two numbers.');
      assert.deepEqual(add?.annotations, { readOnlyHint: true });
      assert.deepEqual(add?.inputSchema.required, ['a', 'b']);
      assert.deepEqual(add?.outputSchema?.required, ['sum']);
    });

    test('has results that pass as they are', async () => {
      const { call } = await mountOnce();
      const sum = await call('it_add', { a: 1, b: 2 });
      assert.deepEqual(
        [sum.content, sum.structuredContent],
        [[{ type: 'text', text: '3' }], { sum: 3 }],
      );
      const failed = await call('it_fail');
      assert.deepEqual([textOf(failed), failed.isError], ['It did not work', true]);
    });

    test('is given arguments as they are', async () => {
      const { call } = await mountOnce();
      for (const said of ['; rm -rf /', '$(id)', '\'"`\\\n\u2028\0', '../..', 'käse 🧀']) {
        assert.equal(textOf(await call('it_echo', { said })), said);
      }
    });

    test('is not asked for what does not satisfy its own schema', async () => {
      const { call } = await mountOnce();
      const result = await call('it_add', { a: 1 });
      assert.equal(result.isError, true);
      assert.match(String(textOf(result)), /required property/);
    });

    test('is cancelled when the caller is', async (t) => {
      const { call } = await mountOnce();
      const caller = new AbortController();
      const waiting = call('it_wait', {}, { cancellation: caller.signal });
      await t.waitFor(async () => {
        assert.equal(textOf(await call('it_waited')), 'waiting');
      }, WITHIN);
      caller.abort();
      await assert.rejects(
        waiting,
        (error) => error instanceof Failure && error.code === 'cancelled',
      );
      await t.waitFor(async () => {
        assert.equal(textOf(await call('it_waited')), 'cancelled');
      }, WITHIN);
    });

    test('may take as long as its file says', async (t) => {
      const { call } = await mountIt(within(t), {}, { timeoutMs: 300 });
      await assert.rejects(
        call('it_wait'),
        (error) => error instanceof Failure && error.code === 'timeout',
      );
    });

    test('has those of its tools alone that its file names, and their prefix and scope', async (t) => {
      const terms = { tools: ['add', 'echo'], prefix: '', scope: 'sums' };
      const { names, live } = await mountIt(within(t), {}, terms);
      assert.deepEqual(names().toSorted(), ['add', 'echo']);
      assert.deepEqual(
        live.tools.map(({ scope }) => scope),
        ['sums', 'sums'],
      );
    });
  });
}

for (const [way, mountIt] of Object.entries(WAYS).filter(([name]) => !name.includes('JSON'))) {
  suite(`a server mounted ${way}, which says something unasked,`, () => {
    test('passes on how far a call is', async (t) => {
      const { call } = await mountIt(within(t));
      const told: unknown[] = [];
      const progress = async (...how: readonly unknown[]): Promise<void> => {
        told.push(how);
      };
      await call('it_count', { to: 3 }, { progress });
      // What comes while another is being sent may be left out.
      const all = [1, 2, 3].map((at) => [at, 3, `at ${at}`]);
      assert.deepEqual(
        told,
        all.filter((how) => told.some((one) => isDeepStrictEqual(one, how))),
      );
      assert.deepEqual(told[0], all[0]);
    });

    test('is told that nobody can be asked through it', async (t) => {
      const { call } = await mountIt(within(t), {}, { tools: ['ask'] });
      const asked = await call('it_ask', {}, { ask: () => assert.fail('nobody is asked') });
      assert.match(String(textOf(asked)), /^refused: -326/);
    });

    test('has a new tool served as soon as it says so', async (t) => {
      const { call, names, live } = await mountIt(within(t));
      const changes = new EventTarget();
      using _heeding = live.onChange(() => {
        changes.dispatchEvent(new Event('change'));
      });
      const changed = once(changes, 'change');
      const kept = live.tools.find(({ name }) => name === 'it_add');
      // Over HTTP its stream may not be open yet.
      await t.waitFor(async () => {
        await call('it_grow');
      }, WITHIN);
      await changed;
      assert.ok(names().includes('it_grown'));
      assert.equal(
        live.tools.find(({ name }) => name === 'it_add'),
        kept,
        'what is listed as before is the same tool',
      );
      assert.equal(textOf(await call('it_grown')), 'grown');
    });
  });
}
