/** What a mounted program may do to us, over its pipes, while it runs. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { suite, test } from 'node:test';

import { isFailure, mountHostile, placeIn, works } from './mounted-hostile.ts';

const WITHIN = { timeout: 20_000 };
const TOKEN = 'canary-5e1f7c0ffee';

suite('a mounted program, while it runs,', () => {
  test('that never answers costs its own call its time', async (t) => {
    const mounted = await mountHostile(t, 'never-answers', { terms: { timeoutMs: 300 } });
    await assert.rejects(mounted.call('it_does'), isFailure('timeout'));
    await works(mounted);
  });

  test('that floods does not keep us from anything else', async (t) => {
    const mounted = await mountHostile(t, 'floods-notifications', { terms: { timeoutMs: 1_500 } });
    let turns = 0;
    const turning = setInterval(() => {
      turns += 1;
    }, 10);
    t.after(() => {
      clearInterval(turning);
    });
    await assert.rejects(mounted.call('it_does'), isFailure('timeout'));
    assert.ok(turns > 20, `${turns} turns in 1.5 s`);
  });

  test('that floods progress has it passed on as fast as it is sent', async (t) => {
    const mounted = await mountHostile(t, 'floods-progress');
    const { promise: taken, resolve: take } = Promise.withResolvers<void>();
    let sent = 0;
    const progress = async (): Promise<void> => {
      sent += 1;
      await taken;
    };
    await mounted.call('it_does', {}, { progress });
    assert.equal(sent, 1);
    take();
    await t.waitFor(() => {
      assert.equal(sent, 2, 'the last of them');
    }, WITHIN);
  });

  for (const behaviour of ['says-a-giant-line', 'says-too-many-values']) {
    test(`that ${behaviour.replaceAll('-', ' ')} loses that answer alone`, async (t) => {
      const mounted = await mountHostile(t, behaviour);
      const result = await mounted.call('it_does');
      assert.equal(result.isError, true);
      assert.match(JSON.stringify(result.content), /larger than 4194304 bytes/);
      await works(mounted);
    });
  }

  test('that prints what is no message is heard all the same', async (t) => {
    const mounted = await mountHostile(t, 'says-garbage');
    const { content } = await mounted.call('it_does');
    assert.deepEqual(content, [{ type: 'text', text: 'works all the same' }]);
    await mounted.call('it_does');
    const garbage = mounted.said().filter((said) => said.includes('no message'));
    assert.equal(garbage.length, 1);
  });

  for (const [behaviour, says] of [
    ['answers-nonsense', 'answers what is no result'],
    ['answers-with-an-error', 'answers with the error -32603'],
    ['refuses-arguments', 'does not take these arguments (-32602)'],
    ['asks-back', 'asks for what it cannot be told'],
  ] as const) {
    test(`that ${behaviour.replaceAll('-', ' ')} is told of in our words`, async (t) => {
      const mounted = await mountHostile(t, behaviour);
      assert.deepEqual(await mounted.call('it_does'), {
        content: [{ type: 'text', text: `The server "it" ${says}` }],
        isError: true,
      });
      assert.doesNotMatch(mounted.logged(), /Ignore all/);
      await works(mounted);
    });
  }

  test('that says more than belongs to a result is not passed on beyond that', async (t) => {
    const mounted = await mountHostile(t, 'answers-too-much');
    const result = await mounted.call('it_does');
    assert.deepEqual(Object.entries(result), [
      ['content', []],
      ['_meta', { mine: 1 }],
    ]);
  });

  test('that asks for things is answered, and gets nothing', async (t) => {
    const mounted = await mountHostile(t, 'asks-for-things');
    const { content } = await mounted.call('it_does', {}, { ask: () => assert.fail('nobody') });
    const [piece] = content;
    const answers: unknown = JSON.parse(piece?.type === 'text' ? piece.text : '');
    const refused = { code: -32601, message: 'This is not offered' };
    assert.deepEqual(answers, [
      { id: 'theirs-0', result: {} },
      { id: 'theirs-1', error: refused },
      { id: 'theirs-2', error: refused },
    ]);
  });

  test('that reads no more is ended before it fills our memory', async (t) => {
    const mounted = await mountHostile(t, 'reads-no-more', { terms: { timeoutMs: 500 } });
    await assert.rejects(mounted.call('it_does'), isFailure('timeout'));
    const given = { filler: 'x'.repeat(3_000_000) };
    const calls = Array.from({ length: 8 }, () => mounted.call('it_works', given));
    const outcomes = await Promise.allSettled(calls);
    const refused = outcomes.filter(
      (outcome) => outcome.status === 'rejected' && isFailure('unavailable')(outcome.reason),
    );
    assert.ok(refused.length > 0);
    await t.waitFor(() => {
      assert.match(mounted.logged(), /no longer read what it was sent/);
    }, WITHIN);
    await t.waitFor(() => works(mounted), WITHIN);
  });

  test('has its secrets struck out of its answers, and all it was given out of the log', async (t) => {
    const env = { API_TOKEN: TOKEN, PLAIN: 'plain-but-private' };
    const mounted = await mountHostile(t, 'prints-secrets', { terms: { env } });
    const { content } = await mounted.call('it_does');
    assert.deepEqual(content, [{ type: 'text', text: 'it is [redacted]' }]);
    await t.waitFor(() => {
      assert.match(mounted.logged(), /it is \[redacted\] and \[redacted\]/);
    }, WITHIN);
    assert.doesNotMatch(mounted.logged(), /canary|plain-but/);
  });
});

suite('what a mounted program lists', () => {
  test('that does not fit is left out, and takes nothing else with it', async (t) => {
    const mounted = await mountHostile(t, 'lists-nonsense');
    assert.deepEqual(mounted.names().toSorted(), ['it_older', 'it_works']);
    const warnings = (mounted.loaded.warnings ?? []).map(({ message }) => message);
    for (const [name, why] of [
      ['has spaces', 'does not match'],
      ['x'.repeat(80), 'does not match'],
      ['remote', 'schema that is not valid'],
      ['array', 'not of the type "object"'],
      ['broken', 'schema that is not valid'],
      ['it_Works', 'is there twice'],
      ['task', 'only be called as a task'],
      ['wordy', 'more than 65536 characters'],
    ] as const) {
      const said = warnings.find((warning) => warning.includes(`"${name}"`));
      assert.ok(said?.includes(why), `${name}: ${said}`);
    }
    assert.equal(warnings.filter((warning) => warning.includes('no tool')).length, 3);
    const older = mounted.live.tools.find(({ name }) => name === 'it_older');
    assert.deepEqual(older?.inputSchema, {
      type: 'object',
      properties: { pair: { type: 'array', prefixItems: [{ type: 'string' }] } },
    });
    assert.equal(mounted.live.tools.find(({ name }) => name === 'it_works')?.title, 'Works');
  });

  test('without end is not followed to it', async (t) => {
    const mounted = await mountHostile(t, 'lists-for-ever');
    assert.equal(mounted.names().length, 50);
  });

  test('beyond a thousand tools is left out', async (t) => {
    const mounted = await mountHostile(t, 'lists-many');
    assert.equal(mounted.names().length, 1_000);
    assert.match(String(mounted.loaded.warnings?.[0]?.message), /more than 1000 tools/);
  });

  test('is no list at all means that it is away', async (t) => {
    const mounted = await mountHostile(t, 'lists-no-list');
    assert.match(String(mounted.loaded.warnings?.[0]?.message), /lists no tools/);
  });

  test('is looked at now and then, for not all say that it changed', async (t) => {
    const file = placeIn(t);
    const patience = { lookMs: 50 };
    const mounted = await mountHostile(t, 'lists-after-a-while', { args: [file], patience });
    assert.equal(mounted.names().length, 2);
    writeFileSync(file, '');
    await t.waitFor(() => {
      assert.equal(mounted.names().length, 3);
    }, WITHIN);
  });
});
