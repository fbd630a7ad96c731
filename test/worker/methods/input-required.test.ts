import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import * as fc from 'fast-check';
import { z } from 'zod';

import type { Questions } from '../../../src/worker/domain/question.ts';
import type { Seal } from '../../../src/worker/domain/seal.ts';
import { askOverRequests } from '../../../src/worker/methods/input-required.ts';
import { definePrompt } from '../../../src/worker/prompts/prompt.ts';
import type { Params } from '../../../src/worker/protocol/frame.ts';
import { defineResource } from '../../../src/worker/resources/resource.ts';
import { defineTool } from '../../../src/worker/tools/tool.ts';
import { openSeal } from '../doubles.ts';
import { FOLDERS, FORM, MODEL, PAGE, RED, ROOTS, SAID } from './asked.ts';
import { type Conversation, callOf, errorOf, openConversation, resultOf } from './conversation.ts';
import { enveloped, essenceOf } from './eras.ts';

type Json = Readonly<Record<string, unknown>>;

const ABLE = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} };

let begun = 0;
const paint = defineTool({
  name: 'paint',
  description: 'Asks for a colour, and then for a name and the folders.',
  input: z.object({ wall: z.string().default('north') }),
  async run({ wall }, { ask }) {
    begun += 1;
    const { colour } = await ask({ colour: FORM });
    const { name, folders } = await ask({ name: MODEL, folders: ROOTS });
    return { wall, colour: colour.content, name: name.model, folders: folders.roots.length };
  },
});
const endless = defineTool({
  name: 'endless',
  description: 'Is never satisfied.',
  input: z.object({ wall: z.string().optional() }),
  async run(_given, { ask }) {
    for (let count = 0; ; count += 1) {
      // Each comes after the one before.
      // oxlint-disable-next-line no-await-in-loop -- see above
      await ask({ [`q${count}`]: FORM });
    }
  },
});
const both = defineTool({
  name: 'both',
  description: 'Asks in both modes.',
  input: z.object({}),
  run: async (_given, { ask }) => {
    await ask({ colour: FORM, paid: PAGE });
    return 'done';
  },
});
const note = defineResource({
  uri: 'note:it',
  name: 'note',
  read: async (_address, { ask }) => (await ask({ colour: FORM })).colour.action,
});
const greet = definePrompt({
  name: 'greet',
  get: async (_given, { ask }) => (await ask({ colour: FORM })).colour.action,
});
const OFFERED = { tools: [paint, endless, both], resources: [note], prompts: [greet] };

/** What is asked for, in this round. */
async function round(
  { ask }: Conversation,
  params: Json,
  { method = 'tools/call', capabilities = ABLE }: { method?: string; capabilities?: Json } = {},
) {
  return ask(method, enveloped(params, capabilities));
}

/** The questions of a round. */
function questionsOf(answer: Awaited<ReturnType<typeof round>>) {
  const result: Json = { ...resultOf(answer) };
  assert.equal(result.resultType, 'input_required', JSON.stringify(result));
  assert.equal('ttlMs' in result, false);
  return { requestState: result.requestState, inputRequests: result.inputRequests };
}

suite('a call that asks', () => {
  test('is answered with its questions, and done when it is sent again with the answers', async () => {
    const conversation = openConversation(OFFERED);
    const call = { name: 'paint', arguments: { wall: 'south' } };
    begun = 0;
    const first = questionsOf(await round(conversation, call));
    assert.deepEqual(first.inputRequests, { colour: FORM });
    const { requestState } = first;
    const second = questionsOf(
      await round(conversation, { ...call, requestState, inputResponses: { colour: RED } }),
    );
    assert.deepEqual(second.inputRequests, { name: MODEL, folders: ROOTS });
    const last = await round(conversation, {
      ...call,
      requestState: second.requestState,
      inputResponses: { name: SAID, folders: FOLDERS },
    });
    const { structuredContent } = essenceOf(resultOf(last));
    const colour = { colour: 'red' };
    assert.deepEqual(structuredContent, { wall: 'south', colour, name: 'm', folders: 1 });
    assert.equal(begun, 3);
  });

  test('is asked again for what was left out, alone, and keeps the rest', async () => {
    const conversation = openConversation(OFFERED);
    const call = { name: 'paint' };
    const { requestState } = questionsOf(
      await round(conversation, { ...call, inputResponses: { colour: RED, name: SAID, extra: 7 } }),
    );
    const answer = await round(conversation, {
      ...call,
      requestState,
      inputResponses: { folders: FOLDERS },
    });
    assert.equal(essenceOf(resultOf(answer)).isError, undefined);
  });

  for (const [what, colour] of [
    ['nothing', undefined],
    ['null', null],
    ['what the form has no room for', { action: 'accept', content: { colour: 'green' } }],
    ['what answers another question', SAID],
    ['an array', [RED]],
  ] as const) {
    test(`is asked the same again after ${what}`, async () => {
      const conversation = openConversation(OFFERED);
      const answer = await round(conversation, { name: 'paint', inputResponses: { colour } });
      assert.deepEqual(questionsOf(answer).inputRequests, { colour: FORM });
    });
  }

  test('may be a resource, or a prompt', async () => {
    const conversation = openConversation(OFFERED);
    for (const [method, params] of [
      ['resources/read', { uri: 'note:it' }],
      ['prompts/get', { name: 'greet' }],
    ] as const) {
      // One after the other, on one channel.
      // oxlint-disable-next-line no-await-in-loop -- see above
      const { requestState } = questionsOf(await round(conversation, params, { method }));
      const inputResponses = { colour: RED };
      const again = { ...params, requestState, inputResponses };
      // oxlint-disable-next-line no-await-in-loop -- see above
      const answer = await round(conversation, again, { method });
      assert.match(JSON.stringify(resultOf(answer)), /accept/);
    }
  });

  test('has no more than 16 rounds', async () => {
    const conversation = openConversation(OFFERED);
    let more: Json = {};
    for (let count = 0; count < 16; count += 1) {
      // Each comes after the one before.
      // oxlint-disable-next-line no-await-in-loop -- see above
      const answer = await round(conversation, { name: 'endless', ...more });
      const { requestState } = questionsOf(answer);
      more = { requestState, inputResponses: { [`q${count}`]: RED } };
    }
    const answer = await round(conversation, { name: 'endless', ...more });
    assert.equal(errorOf(answer).code, 429);
  });
});

suite('the state of a call', () => {
  const call = { name: 'paint', arguments: { wall: 'south' } };
  const stateOf = async () => {
    return String(questionsOf(await round(openConversation(OFFERED), call)).requestState);
  };

  for (const [what, change] of [
    ['is not one of ours', () => ({ requestState: 'abc' })],
    ['is nothing', () => ({ requestState: '' })],
    ['is null', () => ({ requestState: null })],
    ['is an object', () => ({ requestState: {} })],
    ['was changed', (state: string) => ({ requestState: `${state}x${state}` })],
    ['is of other arguments', () => ({ arguments: { wall: 'north' } })],
    ['is of another tool', () => ({ name: 'endless' })],
    ['is of a call without arguments', () => ({ arguments: undefined })],
  ] as const) {
    test(`is refused with -32602 if it ${what}`, async () => {
      const requestState = await stateOf();
      const params = { ...call, requestState, inputResponses: { colour: RED } };
      const changed = { ...params, ...change(requestState) };
      const answer = await round(openConversation(OFFERED), changed);
      assert.equal(errorOf(answer).code, -32_602);
    });
  }

  test('is refused if another caller sends it', async () => {
    const requestState = await stateOf();
    const bob = openConversation(OFFERED, { id: 'bob', scopes: 'all' });
    assert.equal(errorOf(await round(bob, { ...call, requestState })).code, -32_602);
  });

  test('is refused by another method', async () => {
    const conversation = openConversation(OFFERED);
    const read = { method: 'resources/read' };
    const { requestState } = questionsOf(await round(conversation, { uri: 'note:it' }, read));
    const answer = await round(conversation, { name: 'note:it', requestState });
    assert.equal(errorOf(answer).code, -32_602);
  });

  test('is taken at another worker, and whatever the order of the arguments', async () => {
    const conversation = openConversation(OFFERED);
    const two = { name: 'endless', arguments: { wall: 'a', other: 1 } };
    const { requestState } = questionsOf(await round(conversation, two));
    const swapped = { name: 'endless', arguments: { other: 1, wall: 'a' }, requestState };
    questionsOf(await round(openConversation(OFFERED), swapped));
  });

  test('is sealed for a quarter of an hour', async () => {
    const given: unknown[] = [];
    const seal: Seal = {
      close: (_content, bond, ttlMs) => {
        given.push([bond.purpose, ttlMs]);
        return 'sealed';
      },
      open: () => undefined,
    };
    const about = { method: 'a', subject: 'b', given: {}, seal };
    const capable = callOf({ capabilities: ABLE });
    await askOverRequests({}, capable, about, (ask) => ask({ colour: FORM }));
    assert.deepEqual(given, [['request-state', 900_000]]);
  });

  for (const inputResponses of [null, [], 'x', 7]) {
    test(`is not looked at with the answers ${JSON.stringify(inputResponses)}`, async () => {
      const conversation = openConversation(OFFERED);
      const answer = await round(conversation, { name: 'paint', inputResponses });
      assert.equal(errorOf(answer).code, -32_602);
    });
  }

  test('that holds an answer which is none any more is asked for anew', async () => {
    const about = { method: 'a', subject: 'b', given: {}, seal: openSeal };
    const call1 = callOf({ capabilities: ABLE });
    const asking = (params: Params, questions: Questions) =>
      askOverRequests(params, call1, about, async (ask) => {
        await ask(questions);
        return ask({ more: ROOTS });
      });
    const first: Json = { ...(await asking({ inputResponses: { it: RED } }, { it: FORM })) };
    const { requestState } = first;
    // The work has come to need something else under this name.
    const second: Json = { ...(await asking({ requestState }, { it: ROOTS })) };
    assert.deepEqual(second.inputRequests, { it: ROOTS });
    const inputResponses = { it: FOLDERS };
    const third: Json = { ...(await asking({ requestState, inputResponses }, { it: ROOTS })) };
    assert.deepEqual(third.inputRequests, { more: ROOTS });
  });

  test('whatever it is said to be is refused, or is one of ours', async () => {
    const state = await stateOf();
    const conversation = openConversation(OFFERED);
    const made = fc.oneof(
      fc.jsonValue({ maxDepth: 1 }),
      fc.base64String(),
      fc.nat(state.length - 1).map((at) => `${state.slice(0, at)}A${state.slice(at + 1)}`),
    );
    await fc.assert(
      fc.asyncProperty(made, async (requestState) => {
        const answer = await round(conversation, { ...call, requestState });
        if ('error' in answer) assert.equal(answer.error.code, -32_602);
        else questionsOf(answer);
      }),
      { numRuns: 10_000 },
    );
  });
});

suite('a question that the other end cannot be asked', () => {
  for (const [name, capabilities, requiredCapabilities] of [
    ['paint', {}, { elicitation: { form: {} } }],
    ['paint', { elicitation: { url: {} } }, { elicitation: { form: {} } }],
    ['both', {}, { elicitation: { form: {}, url: {} } }],
    ['both', { elicitation: {} }, { elicitation: { url: {} } }],
    ['both', { elicitation: { url: {} } }, { elicitation: { form: {} } }],
  ] as const) {
    const says = JSON.stringify(capabilities);
    test(`of ${name}, by ${says}, is answered with what it would have to declare`, async () => {
      const conversation = openConversation(OFFERED);
      const error = errorOf(await round(conversation, { name }, { capabilities }));
      assert.equal(error.code, -32_021);
      assert.deepEqual(error.data, { requiredCapabilities });
    });
  }

  test('matters only once it is asked', async () => {
    const conversation = openConversation(OFFERED);
    const able = { capabilities: { elicitation: {} } };
    const call = { name: 'paint' };
    const { requestState } = questionsOf(await round(conversation, call, able));
    const again = { ...call, requestState, inputResponses: { colour: RED } };
    const error = errorOf(await round(conversation, again, able));
    assert.deepEqual(error.data, { requiredCapabilities: { sampling: {}, roots: {} } });
  });
});
