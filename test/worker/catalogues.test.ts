import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { z } from 'zod';

import { Failure } from '../../src/shared/errors.ts';
import { silent } from '../../src/shared/logger.ts';
import { Catalogues } from '../../src/worker/catalogues.ts';
import { definePrompt } from '../../src/worker/prompts/prompt.ts';
import { defineResource } from '../../src/worker/resources/resource.ts';
import type { LiveTools } from '../../src/worker/tools/load/loaded.ts';
import { defineTool, type Tool } from '../../src/worker/tools/tool.ts';
import { catalogueOf, noPins, type Offered } from './catalogue-of.ts';
import { recordLog } from './recorded-log.ts';
import { callTool, contextOf, runCall } from './tools/tool-context.ts';

const toolOf = (name: string, run: () => Promise<string> = async () => name): Tool =>
  defineTool({ name, description: `Is ${name}.`, input: z.object({}), run });

/** A server whose tools come and go. */
class Mounted implements LiveTools {
  readonly source = 'mounted';
  tools: readonly Tool[];
  readonly #heeded = new Set<() => void>();

  constructor(...tools: readonly Tool[]) {
    this.tools = tools;
  }

  get listeners(): number {
    return this.#heeded.size;
  }

  onChange(heed: () => void): Disposable {
    this.#heeded.add(heed);
    return { [Symbol.dispose]: () => this.#heeded.delete(heed) };
  }

  change(...tools: readonly Tool[]): void {
    this.tools = tools;
    for (const heed of this.#heeded) heed();
  }

  async [Symbol.asyncDispose]() {}
}

/** Generations by their ids, of which `first` is served. */
async function serve(generations: Readonly<Record<string, Offered>>, prepareMsMax = 60_000) {
  const loads: string[] = [];
  const closed: string[] = [];
  const { log, lines } = recordLog();
  const catalogues = await Catalogues.open('first', {
    async load(id) {
      loads.push(id);
      const offered = generations[id];
      if (offered === undefined) throw new Failure('invalid', `There is no generation ${id}`);
      return catalogueOf(offered, () => closed.push(id));
    },
    pins: noPins,
    prepareMsMax,
    log,
  });
  return { catalogues, loads, closed, lines };
}

const namesOf = ({ tools }: Catalogues) => tools.tools.map(({ tool }) => tool.name);
const idsOf = (count: number) => Array.from({ length: count }, (_, index) => `g${index}`);

suite('catalogues', () => {
  test('serve what was prepared from the swap on, and whole', async () => {
    const { catalogues } = await serve({
      first: { tools: [toolOf('a')] },
      next: {
        tools: [toolOf('b')],
        resources: [
          defineResource({ uri: 'note://1', name: 'n', read: async () => '' }),
          defineResource({ uri: 'note://{id}/x', name: 't', read: async () => '' }),
        ],
        prompts: [definePrompt({ name: 'p', get: async () => '' })],
      },
    });
    await using served = catalogues;
    const { tools, resources, prompts } = served;
    await served.prepare('next');
    assert.deepEqual(namesOf(served), ['a']);
    served.swap('next');
    assert.equal(served.served.id, 'next');
    assert.deepEqual(namesOf(served), ['b']);
    assert.equal(tools.find('a'), undefined);
    assert.equal(tools.find('b')?.tool.name, 'b');
    assert.deepEqual(
      [resources.resources.length, resources.templates.length, prompts.prompts.length],
      [1, 1, 1],
    );
    assert.equal(resources.find('note://7/x')?.address.variables.id, '7');
    assert.equal(resources.get('note://1')?.resource.name, 'n');
    assert.equal(prompts.find('p')?.prompt.name, 'p');
  });

  test('load nothing twice, and nothing that is served', async () => {
    const { catalogues, loads } = await serve({ first: {}, next: {} });
    await using served = catalogues;
    await served.prepare('next');
    await served.prepare('next');
    await served.prepare('first');
    served.swap('first');
    assert.deepEqual(loads, ['first', 'next']);
  });

  test('stay as they were when a candidate does not fit', async () => {
    const { catalogues } = await serve({
      first: { tools: [toolOf('a')] },
      broken: { tools: [toolOf('b'), toolOf('b')] },
    });
    await using served = catalogues;
    await assert.rejects(served.prepare('broken'), { code: 'invalid', message: /Two tools/ });
    await assert.rejects(served.prepare('none'), { code: 'invalid' });
    assert.throws(
      () => {
        served.swap('broken');
      },
      { code: 'conflict' },
    );
    assert.deepEqual(namesOf(served), ['a']);
  });

  test('give up a candidate that takes too long, and close it should it come later', async (t) => {
    const late = Promise.withResolvers<void>();
    let isClosed = false;
    await using served = await Catalogues.open('first', {
      async load(id) {
        if (id === 'slow') await late.promise;
        return catalogueOf({}, () => (isClosed = id === 'slow'));
      },
      pins: noPins,
      prepareMsMax: 20,
      log: silent,
    });
    await assert.rejects(served.prepare('slow'), { code: 'timeout' });
    late.resolve();
    await t.waitFor(() => assert.ok(isClosed));
  });

  test('keep two candidates, and close the one that came first for a third', async (t) => {
    const ids = idsOf(3);
    const { catalogues, closed } = await serve({
      first: {},
      ...Object.fromEntries(ids.map((id) => [id, {}])),
    });
    await using served = catalogues;
    for (const id of ids) await served.prepare(id);
    await t.waitFor(() => assert.deepEqual(closed, ['g0']));
    served.drop('g1');
    served.drop('g1');
    await t.waitFor(() => assert.deepEqual(closed, ['g0', 'g1']));
    served.swap('g2');
  });

  test('know the lists of two before, and of those that may be next', async () => {
    const ids = idsOf(5);
    const { catalogues } = await serve({
      first: {},
      ...Object.fromEntries(ids.map((id) => [id, { tools: [toolOf(id)] }])),
    });
    await using served = catalogues;
    const versions: string[] = [];
    for (const id of ids.slice(0, 4)) {
      await served.prepare(id);
      served.swap(id);
      versions.push(served.tools.version);
    }
    const known = versions.map((version) => served.tools.findVersion(version)?.tools[0]?.tool.name);
    assert.deepEqual(known, [undefined, 'g1', 'g2', 'g3']);
    await served.prepare('g4');
    const { version } = catalogueOf({ tools: [toolOf('g4')] }).gatherTools();
    assert.equal(served.tools.findVersion(version)?.find('g4')?.tool.name, 'g4');
  });

  test('have the same version wherever they list the same', async () => {
    const offered = { tools: [toolOf('a')] };
    const [one, two] = [await serve({ first: offered }), await serve({ first: offered })];
    assert.equal(one.catalogues.tools.version, two.catalogues.tools.version);
    const scoped = await serve({ first: { tools: [{ ...toolOf('a'), scope: 'paint' }] } });
    assert.notEqual(scoped.catalogues.tools.version, one.catalogues.tools.version);
  });
});

suite('a call', () => {
  test('ends in the generation that it began in, which is closed only then', async (t) => {
    const running = Promise.withResolvers<string>();
    const { catalogues, closed } = await serve({
      first: { tools: [toolOf('a', () => running.promise)] },
      next: { tools: [toolOf('a', async () => 'new')] },
    });
    await using served = catalogues;
    const call = served.lend(callTool);
    const begin = () => {
      const tool = served.tools.find('a');
      assert.ok(tool);
      return call(tool, {}, contextOf(), runCall);
    };
    const old = begin();
    await served.prepare('next');
    served.swap('next');
    const { content } = await begin();
    assert.deepEqual(content, [{ type: 'text', text: 'new' }]);
    assert.deepEqual(closed, []);
    running.resolve('old');
    assert.deepEqual((await old).content, [{ type: 'text', text: 'old' }]);
    await t.waitFor(() => assert.deepEqual(closed, ['first']));
  });

  test('that fails lets its generation go as well', async (t) => {
    const running = Promise.withResolvers<string>();
    const { catalogues, closed } = await serve({
      first: { tools: [toolOf('a', () => running.promise)] },
      next: {},
    });
    await using served = catalogues;
    const tool = served.tools.find('a');
    assert.ok(tool);
    const called = served.lend(callTool)(tool, {}, contextOf(), runCall);
    await served.prepare('next');
    served.swap('next');
    running.reject(new Error('no'));
    await assert.rejects(called);
    await t.waitFor(() => assert.deepEqual(closed, ['first']));
  });
});

suite('tools that come and go', () => {
  test('are served as they are, and told of when they are others', async () => {
    const mounted = new Mounted(toolOf('m1'));
    const { catalogues } = await serve({ first: { tools: [toolOf('a')], live: [mounted] } });
    await using served = catalogues;
    const told: string[] = [];
    using _told = served.onServed((what) => told.push(what));
    const { version } = served.tools;
    mounted.change(toolOf('m1'), toolOf('m2'));
    assert.deepEqual(namesOf(served), ['a', 'm1', 'm2']);
    assert.equal(served.tools.findVersion(version)?.tools.length, 2);
    mounted.change(toolOf('m2'), toolOf('m1'));
    assert.deepEqual(told, ['tools'], 'nothing is told of what looks the same');
  });

  test('are heeded while their generation waits, and not once it is gone', async () => {
    const [old, next] = [new Mounted(toolOf('o')), new Mounted(toolOf('n'))];
    const { catalogues } = await serve({ first: { live: [old] }, next: { live: [next] } });
    await using served = catalogues;
    const told: string[] = [];
    using _told = served.onServed((what) => told.push(what));
    await served.prepare('next');
    next.change(toolOf('n2'));
    assert.deepEqual(told, []);
    served.swap('next');
    assert.deepEqual(namesOf(served), ['n2']);
    assert.equal(old.listeners, 0);
    assert.deepEqual(told, ['generation']);
  });
});

test('who has to know of it is told before a generation is loaded, and after, fit or not', async () => {
  const { catalogues, loads } = await serve({ first: {}, next: {} });
  await using served = catalogues;
  const told: string[] = [];
  const listening = served.onLoading(() => {
    told.push(`before ${loads.length}`);
    return { [Symbol.dispose]: () => told.push(`after ${loads.length}`) };
  });
  await served.prepare('next');
  await assert.rejects(served.prepare('unknown'));
  // It is there already, and nothing is loaded.
  await served.prepare('next');
  listening[Symbol.dispose]();
  served.drop('next');
  await served.prepare('next');
  assert.deepEqual(told, ['before 1', 'after 2', 'before 2', 'after 3']);
});

suite('tools that are held back', () => {
  test('are told of when they change, though nothing that is listed does', async () => {
    const mounted = new Mounted(toolOf('m1'));
    const shown = toolOf('shown');
    const catalogues = await Catalogues.open('first', {
      load: async () => catalogueOf({ tools: [shown], live: [mounted] }),
      pins: { ...noPins, isHeldBack: (name) => name === 'm1' },
      prepareMsMax: 60_000,
      log: silent,
    });
    await using served = catalogues;
    const told: string[] = [];
    using _told = served.onServed((what) => told.push(what));
    mounted.change(defineTool({ name: 'm1', description: 'Else.', run: async () => '' }));
    assert.deepEqual(told, ['held-back']);
    assert.equal(served.served.heldBack[0]?.tool.description, 'Else.');
    mounted.change(...mounted.tools);
    assert.deepEqual(told, ['held-back']);
    assert.deepEqual(namesOf(served), ['shown']);
  });
});
