import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { z } from 'zod';
import { LOG_LEVELS } from '../../../src/worker/domain/log-level.ts';

import { defineTool } from '../../../src/worker/tools/tool.ts';
import { converse, errorOf, openConversation, resultOf } from './conversation.ts';
import { enveloped } from './eras.ts';

const talks = defineTool({
  name: 'talks',
  description: 'Says something at every level.',
  input: z.object({}),
  async run(_given, { message }) {
    await Promise.all(LOG_LEVELS.map((level) => message(level, level)));
    return 'said';
  },
});

/** The levels of what was said. */
const levelsOf = (sent: Awaited<ReturnType<typeof converse>>['sent']) =>
  sent.flatMap((message) => ('method' in message ? [message.params.level] : []));

suite('logging/setLevel', () => {
  for (const [at, level] of LOG_LEVELS.entries()) {
    test(`to ${level} has all said from there on, until it is set again`, async () => {
      const { ask, sent } = await converse({ tools: [talks] });
      assert.deepEqual(resultOf(await ask('logging/setLevel', { level })), {});
      await ask('tools/call', { name: 'talks' });
      assert.deepEqual(levelsOf(sent), LOG_LEVELS.slice(at));
      await ask('logging/setLevel', { level: 'emergency' });
      await ask('tools/call', { name: 'talks' });
      assert.deepEqual(levelsOf(sent), [...LOG_LEVELS.slice(at), 'emergency']);
    });
  }

  for (const level of [undefined, null, '', 'warn', 'DEBUG', 3, ['info'], 'toString']) {
    test(`is refused with -32602 for ${JSON.stringify(level)}, and nothing is set by it`, async () => {
      const { ask, sent } = await converse({ tools: [talks] });
      await ask('logging/setLevel', { level: 'alert' });
      assert.equal(errorOf(await ask('logging/setLevel', { level })).code, -32_602);
      await ask('tools/call', { name: 'talks' });
      assert.deepEqual(levelsOf(sent), ['alert', 'emergency']);
    });
  }

  test('is of the legacy era: a modern request says it for itself, and for itself alone', async () => {
    const { ask, sent } = openConversation({ tools: [talks] });
    const unknown = await ask('logging/setLevel', enveloped({ level: 'debug' }));
    assert.equal(errorOf(unknown).code, -32_601);
    const meta = { 'io.modelcontextprotocol/logLevel': 'critical' };
    await ask('tools/call', enveloped({ name: 'talks', _meta: meta }));
    await ask('tools/call', enveloped({ name: 'talks' }));
    assert.deepEqual(levelsOf(sent), ['critical', 'alert', 'emergency']);
  });
});
