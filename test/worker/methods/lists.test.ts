import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { z } from 'zod';

import { silent } from '../../../src/shared/logger.ts';
import { Catalogues } from '../../../src/worker/catalogues.ts';
import { ANONYMOUS, type Principal } from '../../../src/worker/domain/principal.ts';
import { listTools } from '../../../src/worker/methods/list-tools.ts';
import { listPrompts, type PromptsOptions } from '../../../src/worker/methods/prompts.ts';
import {
  listResources,
  listTemplates,
  type ResourcesOptions,
} from '../../../src/worker/methods/resources.ts';
import { definePrompt } from '../../../src/worker/prompts/prompt.ts';
import type { Call, Method } from '../../../src/worker/protocol/methods.ts';
import { defineResource } from '../../../src/worker/resources/resource.ts';
import { defineTool } from '../../../src/worker/tools/tool.ts';
import { catalogueOf, noPins, type Offered } from '../catalogue-of.ts';
import { openSeal } from '../doubles.ts';

/** What a list needs to know of a call. */
const CALL = { caller: ANONYMOUS, revision: '2025-11-25' } as unknown as Call<Principal>;

/** 150 of everything, named after their generation: two pages each. */
function offeredBy(generation: string): Offered {
  const names = Array.from({ length: 150 }, (_, index) => `${index}-${generation}`);
  return {
    tools: names.map((name) =>
      defineTool({ name, description: 'Tries.', input: z.object({}), run: async () => '' }),
    ),
    resources: names.flatMap((name) => [
      defineResource({ uri: `note://${name}`, name, read: async () => '' }),
      defineResource({ uri: `note://${name}/{id}`, name, read: async () => '' }),
    ]),
    prompts: names.map((name) => definePrompt({ name, get: async () => '' })),
  };
}

/** A worker that serves a generation. */
async function worker(id: string) {
  const catalogues = await Catalogues.open(id, {
    load: async (generation) => catalogueOf(offeredBy(generation)),
    pins: noPins,
    prepareMsMax: 60_000,
    log: silent,
  });
  // Lists ask for nothing else.
  const { resources, prompts } = catalogues;
  const options = { resources, prompts, seal: openSeal } as ResourcesOptions & PromptsOptions;
  const lists: Readonly<Record<string, Method<Principal>>> = {
    'tools/list': listTools(catalogues.tools, openSeal),
    'resources/list': listResources(options),
    'resources/templates/list': listTemplates(options),
    'prompts/list': listPrompts(options),
  };
  const page = async (method: string, cursor?: string) => {
    const result = await lists[method]?.(cursor === undefined ? {} : { cursor }, CALL);
    const { nextCursor, ...listed } = JSON.parse(JSON.stringify(result));
    const entries: readonly { readonly name: string }[] = Object.values(listed).flat() as never;
    const generations = new Set(entries.map(({ name }) => name.replace(/^\d+-/, '')));
    return { nextCursor, generations: [...generations], count: entries.length };
  };
  return { catalogues, page };
}

suite('a list of two pages', () => {
  for (const method of [
    'tools/list',
    'resources/list',
    'resources/templates/list',
    'prompts/list',
  ]) {
    test(`is of one generation, whatever is served by the time of the second: ${method}`, async () => {
      const [here, there] = [await worker('old'), await worker('old')];
      const { nextCursor, count } = await here.page(method);
      assert.equal(count, 100);
      for (const { catalogues } of [here, there]) await catalogues.prepare('new');
      here.catalogues.swap('new');
      const old = { nextCursor: undefined, generations: ['old'], count: 50 };
      assert.deepEqual(await here.page(method, nextCursor), old);
      assert.deepEqual(await there.page(method, nextCursor), old);
      // Who begins anew may come to a worker that is to follow yet.
      const { nextCursor: next } = await here.page(method);
      const fresh = { ...old, generations: ['new'] };
      assert.deepEqual(await there.page(method, next), fresh);
      for (const id of ['newer', 'newest']) {
        await here.catalogues.prepare(id);
        here.catalogues.swap(id);
      }
      assert.deepEqual(await here.page(method, next), fresh);
      await assert.rejects(here.page(method, nextCursor), { code: 'invalid' });
    });
  }
});
