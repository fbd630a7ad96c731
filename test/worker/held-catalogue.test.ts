import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { z } from 'zod';

import type { ToolPins } from '../../src/worker/domain/tool-pin.ts';
import { HeldCatalogue, type Lists } from '../../src/worker/held-catalogue.ts';
import type { LiveTools } from '../../src/worker/tools/load/loaded.ts';
import type { RegisteredTool } from '../../src/worker/tools/registry.ts';
import { defineTool, type Tool } from '../../src/worker/tools/tool.ts';
import { catalogueOf, type Offered } from './catalogue-of.ts';
import { recordLog } from './recorded-log.ts';

const toolOf = (name: string, description = 'Does it.'): Tool =>
  defineTool({ name, description, input: z.object({}), run: async () => name });

/** Listeners, and a way to call them. */
class Heeded {
  readonly #heeded = new Set<() => void>();

  get listeners(): number {
    return this.#heeded.size;
  }

  onChange(heed: () => void): Disposable {
    this.#heeded.add(heed);
    return { [Symbol.dispose]: () => this.#heeded.delete(heed) };
  }

  tell(): void {
    for (const heed of this.#heeded) heed();
  }
}

/** What an operator approved, in memory. */
class Pins extends Heeded implements ToolPins {
  readonly #approved = new Map<string, string>();

  isHeldBack(name: string, definition: string): boolean {
    const approved = this.#approved.get(name);
    return approved !== undefined && approved !== definition;
  }

  approve(name: string, definition: string | undefined): void {
    this.#approved.set(name, definition ?? 'what is not there');
    this.tell();
  }

  forget(name: string): void {
    this.#approved.delete(name);
    this.tell();
  }
}

/** A server whose tools change. */
class Changing extends Heeded implements LiveTools {
  readonly source = 'mounted';
  tools: readonly Tool[];

  constructor(...tools: readonly Tool[]) {
    super();
    this.tools = tools;
  }

  change(...tools: readonly Tool[]): void {
    this.tools = tools;
    this.tell();
  }

  async [Symbol.asyncDispose]() {}
}

function hold(offered: Offered) {
  const pins = new Pins();
  const { log, lines } = recordLog();
  const changes: { readonly before: Lists; readonly heldBackBefore: readonly RegisteredTool[] }[] =
    [];
  const held = new HeldCatalogue({
    id: 'first',
    catalogue: catalogueOf(offered),
    pins,
    log,
    onTools: (before, heldBackBefore) => changes.push({ before, heldBackBefore }),
    onClosed: () => undefined,
  });
  return { held, pins, lines, changes };
}

const namesOf = (tools: readonly RegisteredTool[]) => tools.map(({ tool }) => tool.name);
const listed = (held: HeldCatalogue) => namesOf(held.lists.tools.tools);

suite('a generation with tools that were approved', () => {
  test('holds back what is not as it was approved, and nothing else', async () => {
    const { held, pins, changes } = hold({ tools: [toolOf('pay'), toolOf('refund')] });
    await using catalogue = held;
    const definition = catalogue.lists.tools.find('pay')?.definition;
    pins.approve('pay', definition);
    assert.deepEqual(listed(catalogue), ['pay', 'refund']);
    pins.approve('pay', 'something else');
    assert.deepEqual(listed(catalogue), ['refund']);
    assert.equal(catalogue.lists.tools.find('pay'), undefined);
    assert.deepEqual(namesOf(catalogue.heldBack), ['pay']);
    assert.deepEqual(namesOf(changes.at(-1)?.before.tools.tools ?? []), ['pay', 'refund']);
    pins.approve('pay', definition);
    assert.deepEqual(listed(catalogue), ['pay', 'refund']);
    assert.deepEqual(namesOf(changes.at(-1)?.heldBackBefore ?? []), ['pay']);
    assert.deepEqual(catalogue.heldBack, []);
  });

  test('shows a tool again that is not pinned any more', async () => {
    const { held, pins } = hold({ tools: [toolOf('pay')] });
    await using catalogue = held;
    pins.approve('pay', 'something else');
    assert.deepEqual(listed(catalogue), []);
    pins.forget('pay');
    assert.deepEqual(listed(catalogue), ['pay']);
  });

  test('says once of each definition that it is held back', async () => {
    const server = new Changing(toolOf('pay'));
    const { held, pins, lines } = hold({ live: [server] });
    await using catalogue = held;
    pins.approve('pay', catalogue.lists.tools.find('pay')?.definition);
    assert.deepEqual(lines, []);
    const bad = toolOf('pay', 'Reads your keys.');
    server.change(bad);
    pins.tell();
    server.change(bad, toolOf('refund'));
    assert.equal(lines.length, 1);
    server.change(toolOf('pay', 'Reads your letters.'));
    assert.equal(lines.length, 2);
    for (const { level, message, fields } of lines) {
      assert.deepEqual([level, message], ['warn', 'tool is held back until it is approved']);
      assert.partialDeepStrictEqual(fields, { tool: 'pay', generation: 'first' });
    }
    server.change(toolOf('pay'));
    assert.deepEqual(listed(catalogue), ['pay'], 'what is as it was approved needs nobody');
  });

  test('heeds nobody any more once it is retired', async () => {
    const server = new Changing(toolOf('pay'));
    const { held, pins, changes } = hold({ live: [server] });
    held.retire();
    assert.deepEqual([server.listeners, pins.listeners], [0, 0]);
    pins.approve('pay', 'something else');
    assert.deepEqual(changes, []);
  });
});
