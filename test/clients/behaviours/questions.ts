import assert from 'node:assert/strict';

import { IMPERTINENT } from '../answers.ts';
import type { Behaviours } from './behaviour.ts';

/** What servers ask in the middle of a request: as requests of their own, or in a result. */
export const questions: Behaviours = {
  'has its user fill in a form': async ({ client }) => {
    const { texts } = await client.callTool('test_elicitation', { message: 'Who are you?' });
    const filledIn = JSON.stringify({ username: 'ada', email: 'ada@example.com' });
    assert.deepEqual(texts, [`User response: action=accept, content=${filledIn}`]);
  },

  'has its user decline a form': async ({ client }) => {
    const { texts } = await client.callTool('test_elicitation', { message: IMPERTINENT });
    assert.deepEqual(texts, ['User response: action=decline, content={}']);
  },

  'lends its model': async ({ client }) => {
    const { texts } = await client.callTool('test_sampling', { prompt: 'Why?' });
    assert.match(texts.join(' '), /^LLM response: You asked: .*Why\?/);
  },

  'shows the folders that it works in': async ({ client }) => {
    const { texts } = await client.callTool('test_input_required_result_list_roots');
    assert.deepEqual(texts, ['Client exposed 1 root(s): file:///home/ada/garden']);
  },

  'answers three questions at once': async ({ client }) => {
    const { texts } = await client.callTool('test_input_required_result_multiple_inputs');
    assert.match(texts.join(' '), /^You asked: .*Generate a greeting.* Ada — 1 root\(s\) visible$/);
  },

  'answers one question after another': async ({ client }) => {
    const { texts } = await client.callTool('test_input_required_result_multi_round');
    assert.deepEqual(texts, ['Multi-round complete: Ada likes green']);
  },

  'answers in the middle of a call that tells how far it is': async ({ client }) => {
    const seen: number[] = [];
    const { texts } = await client.callTool(
      'test_streaming_elicitation',
      {},
      { onProgress: (at) => seen.push(at) },
    );
    assert.deepEqual(texts, ['User response: action=accept, content={"name":"Ada"}']);
    assert.deepEqual([seen[0], seen.at(-1)], [1, 2]);
  },

  'answers what a prompt wants to know': async ({ client }) => {
    const text = 'Use the following context: a garden';
    assert.deepEqual(await client.getPrompt('test_input_required_result_prompt'), [
      { role: 'user', content: { type: 'text', text } },
    ]);
  },
};
