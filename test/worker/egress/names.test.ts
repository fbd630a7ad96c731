import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { LOOPBACK, openEgress, serve } from './asked.ts';

suite('names', () => {
  test('are looked up one at a time for one tool, and one that several ask for once', async (t) => {
    await using asked = await serve((_request, response) => response.end());
    const lookups = holdLookups();
    await using opened = openEgress({ resolve: lookups.resolve });
    const fetches = ['a', 'a', 'b'].map((name) =>
      opened.fetch(`http://${name}.example:${asked.port}/`),
    );
    await t.waitFor(() => {
      assert.deepEqual(lookups.names, ['a.example']);
    });
    lookups.answer();
    await t.waitFor(() => {
      assert.deepEqual(lookups.names, ['a.example', 'b.example']);
    });
    lookups.answer();
    await Promise.all(fetches);
  });

  test('that nobody answers keep no other tool from its own', async () => {
    await using asked = await serve((_request, response) => response.end());
    let isAway = true;
    const lookups = holdLookups((name) => isAway && name.startsWith('slow'));
    await using opened = openEgress({ resolve: lookups.resolve });
    const slow = Array.from({ length: 8 }, (_none, index) =>
      opened.fetch(`http://slow${index}.example:${asked.port}/`, { timeoutMs: 200 }),
    );
    const ends = await Promise.allSettled(slow);
    assert.ok(ends.every(({ status }) => status === 'rejected'));
    assert.deepEqual(lookups.names, ['slow0.example']);
    const another = opened.egress.source().during(new AbortController().signal);
    const response = await another(`http://good.example:${asked.port}/`, { timeoutMs: 4_000 });
    assert.equal(response.status, 200);
    // What waits still has its turn, for nobody.
    isAway = false;
    lookups.answer();
  });

  test('are looked up four at a time for all tools', async (t) => {
    await using asked = await serve((_request, response) => response.end());
    const lookups = holdLookups();
    await using opened = openEgress({ resolve: lookups.resolve });
    const fetches = ['a', 'b', 'c', 'd', 'e'].map((name) =>
      opened.egress.source().during(new AbortController().signal)(
        `http://${name}.example:${asked.port}/`,
      ),
    );
    const first = ['a.example', 'b.example', 'c.example', 'd.example'];
    await t.waitFor(() => {
      assert.deepEqual(lookups.names, first);
    });
    lookups.answer();
    await t.waitFor(() => {
      assert.deepEqual(lookups.names, [...first, 'e.example']);
    });
    lookups.answer();
    await Promise.all(fetches);
  });
});

/** A way to look names up that answers when it is told, or at once where it need not wait. */
function holdLookups(isHeld: (name: string) => boolean = () => true) {
  const names: string[] = [];
  const waiting: (() => void)[] = [];
  return {
    names,
    resolve: async (name: string) => {
      names.push(name);
      if (isHeld(name)) await new Promise<void>((resolve) => waiting.push(resolve));
      return [LOOPBACK];
    },
    /** Answers all that are looked up now. */
    answer() {
      for (const resolve of waiting.splice(0)) resolve();
    },
  };
}
