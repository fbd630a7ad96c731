import assert from 'node:assert/strict';
import { afterEach, suite, test } from 'node:test';

import { InlineWatch } from '../../../src/worker/tools/inline-watch.ts';
import { COMMONEST, Prototypes } from '../../../src/worker/tools/prototypes.ts';
import { defineTool, type Tool } from '../../../src/worker/tools/tool.ts';
import { recordLog } from '../recorded-log.ts';

/** Calls between two close looks. */
const CLOSE_LOOK_EVERY = 256;

const toolNamed = (name: string): Tool =>
  defineTool({ name, description: 'Runs.', run: async () => 'done' });
const [ann, bob, cid] = [toolNamed('ann'), toolNamed('bob'), toolNamed('cid')];

/** A watch, and what it found. */
function open() {
  const held: string[] = [];
  const found: (string | undefined)[] = [];
  const { log, lines } = recordLog();
  const watch = new InlineWatch({
    prototypes: new Prototypes(COMMONEST),
    hold: ({ name }, ms) => held.push(`${name} ${ms}`),
    onLitter: (tool) => found.push(tool),
    onHeld: () => undefined,
    log,
  });
  return { watch, held, found, lines };
}

function pollute(prototype: object, enumerable = true): void {
  Object.defineProperty(prototype, 'litter', { value: 1, enumerable, configurable: true });
}

afterEach(() => {
  for (const prototype of [Object.prototype, Array.prototype]) {
    Reflect.deleteProperty(prototype, 'litter');
  }
});

suite('a tool in the common thread', () => {
  for (const [name, prototype] of [
    ['Object.prototype', Object.prototype],
    ['Array.prototype', Array.prototype],
  ] as const) {
    test(`that adds to ${name} is held back, and it is undone`, () => {
      const { watch, held, found, lines } = open();
      const runs = watch.begin(ann);
      pollute(prototype);
      watch.end(runs);
      assert.ok(!('litter' in prototype));
      assert.deepEqual([held, found], [['ann 60000'], ['ann']]);
      assert.deepEqual(lines, [
        {
          level: 'error',
          message: 'a prototype that all code shares was changed',
          fields: { changed: [`${name}.litter`], tools: ['ann'] },
        },
      ]);
    });
  }

  test('that changes nothing is not', () => {
    const { watch, held, lines } = open();
    for (let n = 0; n < 3 * CLOSE_LOOK_EVERY; n += 1) {
      watch.end(watch.begin(ann));
    }
    assert.deepEqual([held, lines], [[], []]);
  });

  test('is not held back for what was there before', () => {
    pollute(Object.prototype);
    const { watch, held } = open();
    watch.end(watch.begin(ann));
    assert.ok('litter' in Object.prototype);
    assert.deepEqual(held, []);
  });

  test('is not held back for what was done while none ran', () => {
    const { watch, held, found } = open();
    watch.end(watch.begin(ann));
    pollute(Object.prototype);
    watch.end(watch.begin(bob));
    assert.deepEqual([held, found], [[], [undefined]]);
    assert.ok(!('litter' in Object.prototype));
  });

  test('is held back once it alone ran each time that something was changed', () => {
    const { watch, held, found } = open();
    for (const other of [ann, cid]) {
      const others = watch.begin(other);
      const runs = watch.begin(bob);
      pollute(Object.prototype);
      watch.end(runs);
      watch.end(others);
    }
    assert.deepEqual([held, found], [['bob 60000'], [undefined, 'bob']]);
  });

  test('is one of several as long as that is all that is known', () => {
    const { watch, held, lines } = open();
    watch.begin(ann);
    watch.begin(bob);
    for (let n = 0; n < 2; n += 1) {
      const runs = watch.begin(cid);
      pollute(Object.prototype);
      watch.end(runs);
    }
    assert.deepEqual(held, []);
    assert.deepEqual(
      lines.map(({ fields }) => fields),
      [1, 2].map(() => ({ changed: ['Object.prototype.litter'], tools: ['ann', 'bob', 'cid'] })),
    );
  });
});

suite('what is added while modules are loaded', () => {
  for (const enumerable of [true, false]) {
    test(`stays, and no tool is held back for it (enumerable: ${enumerable})`, () => {
      const { watch, held, found } = open();
      const loads = [watch.lookAway(), watch.lookAway()];
      const runs = watch.begin(ann);
      pollute(Array.prototype, enumerable);
      watch.end(runs);
      callUntilLookedAt(watch, ann);
      for (const load of loads) load[Symbol.dispose]();
      callUntilLookedAt(watch, ann);
      assert.ok('litter' in Array.prototype);
      assert.deepEqual([held, found], [[], []]);
    });
  }

  test('is not what a tool had added before', () => {
    const { watch, held } = open();
    watch.end(watch.begin(ann));
    pollute(Array.prototype, false);
    watch.lookAway()[Symbol.dispose]();
    assert.ok(!('litter' in Array.prototype));
    assert.deepEqual(held, ['ann 60000']);
  });

  test('is watched like all else afterwards', () => {
    const { watch, held } = open();
    watch.lookAway()[Symbol.dispose]();
    const runs = watch.begin(ann);
    pollute(Object.prototype);
    watch.end(runs);
    assert.ok(!('litter' in {}));
    assert.deepEqual(held, ['ann 60000']);
  });
});

/** Calls it until the next close look. */
function callUntilLookedAt(watch: InlineWatch, tool: Tool): void {
  for (let n = 0; n < CLOSE_LOOK_EVERY; n += 1) {
    watch.end(watch.begin(tool));
  }
}

suite('what loops do not see', () => {
  test('is undone at the next close look', () => {
    const { watch, held, found } = open();
    pollute(Array.prototype, false);
    callUntilLookedAt(watch, ann);
    assert.ok(!('litter' in Array.prototype));
    assert.deepEqual([held, found], [['ann 60000'], ['ann']]);
  });

  test('is of any that ran since the last one', () => {
    const { watch, held } = open();
    const runs = watch.begin(bob);
    pollute(Array.prototype, false);
    watch.end(runs);
    callUntilLookedAt(watch, ann);
    assert.deepEqual(held, []);
  });

  test('may be something that was replaced, or taken away', () => {
    const { at, flat } = Array.prototype;
    const { watch, lines } = open();
    try {
      Reflect.set(Array.prototype, 'at', () => 'litter');
      Reflect.deleteProperty(Array.prototype, 'flat');
      callUntilLookedAt(watch, ann);
      assert.deepEqual([Array.prototype.at, Array.prototype.flat], [at, flat]);
      assert.deepEqual(lines[0]?.fields, {
        changed: ['Array.prototype.at', 'Array.prototype.flat'],
        tools: ['ann'],
      });
    } finally {
      Object.assign(Array.prototype, { at, flat });
    }
  });
});

test('what cannot be undone is told of once', () => {
  const { watch, found } = open();
  const runs = watch.begin(ann);
  pollute(Array.prototype);
  // Nobody can take it away again: this process has it from now on.
  // oxlint-disable-next-line no-extend-native -- it is what such a tool does
  Object.defineProperty(Array.prototype, Symbol.for('kept'), { value: 1 });
  watch.end(runs);
  for (let n = 0; n < CLOSE_LOOK_EVERY; n += 1) watch.end(watch.begin(bob));
  assert.deepEqual(found, ['ann']);
});
