import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import type { SdkClient } from '../sdk-client.ts';
import type { Asked, Behaviours } from './behaviour.ts';

const LOGGED = ['Tool execution started', 'Tool processing data', 'Tool execution completed'];

/** What comes of calls, and is said meanwhile. */
export const calls: Behaviours = {
  'is given structured output, which its SDK holds against the schema': async ({ client }) => {
    await client.listTools();
    const { structured, texts } = await client.callTool('who_serves');
    assert.deepEqual(texts, [JSON.stringify(structured)]);
  },

  'is given texts, pictures, sounds and resources': async ({ client }) => {
    const { kinds } = await client.callTool('test_multiple_content_types');
    assert.deepEqual(kinds, ['text', 'image', 'resource']);
    const sound = await client.callTool('test_audio_content');
    assert.deepEqual(sound.kinds, ['audio']);
  },

  'reads in the result that a tool failed': async ({ client }) => {
    const { isError, texts } = await client.callTool('test_error_handling');
    assert.equal(isError, true);
    assert.deepEqual(texts, ['This tool intentionally returns an error for testing']);
  },

  'reads in the result what is wrong with its arguments': async ({ client }) => {
    const { isError, texts } = await client.callTool('mendable', { colour: 7 });
    assert.equal(isError, true);
    assert.match(texts.join(' '), /colour/);
  },

  'is refused a tool that there is not': async ({ client }) => {
    await assert.rejects(client.callTool('no_such_tool'), { code: -32602 });
  },

  'makes many calls at once, and takes each answer for its own': async ({ client }) => {
    const regions = Array.from({ length: 20 }, (_, index) => `region-${index}`);
    await client.listTools();
    const answers = await Promise.all(
      regions.map((region) => client.callTool('test_x_mcp_header', { region })),
    );
    assert.deepEqual(
      answers.map(({ texts }) => texts.join(' ')),
      regions.map((region) => `region=${region}`),
    );
  },

  'calls a tool that it has not seen listed': async ({ client }) => {
    const { texts } = await client.callTool('test_x_mcp_header', { region: 'eu-west' });
    assert.deepEqual(texts, ['region=eu-west']);
  },

  'is told how far a call is': async ({ client }) => {
    const seen: number[] = [];
    await client.callTool('test_tool_with_progress', {}, { onProgress: (at) => seen.push(at) });
    assert.deepEqual(seen, [0, 50, 100]);
  },

  'is told what a tool says, where it asked for that level': async ({ client, waitFor }) => {
    await client.setLogLevel('info');
    await client.callTool('test_tool_with_logging');
    await waitFor(() => {
      assert.deepEqual(messagesTo(client), LOGGED);
    });
  },

  'is not told what it asked not to be told': async ({ client }) => {
    await client.setLogLevel('error');
    await client.callTool('test_tool_with_logging');
    assert.deepEqual(messagesTo(client), []);
  },

  'comes back for an answer, where it was let go of meanwhile': async ({ client }) => {
    const { texts } = await client.callTool('test_reconnection');
    assert.match(texts.join(' '), /^Reconnection test completed successfully/);
  },

  'cancels a call, which the tool is told of, and calls again': async (asked) => {
    const { client } = asked;
    const cancel = new AbortController();
    const call = await beginCall(asked, cancel.signal);
    cancel.abort(new Error('Enough'));
    await call.isGivenUp();
    const { texts } = await client.callTool('test_simple_text');
    assert.deepEqual(texts, ['This is a simple text response for testing.']);
  },

  'gives up what runs when it closes, and so does the server': async (asked) => {
    const call = await beginCall(asked);
    await asked.client[Symbol.asyncDispose]();
    await call.isGivenUp();
    await assert.rejects(asked.client.callTool('test_simple_text'));
  },
};

function messagesTo({ heard }: SdkClient): readonly unknown[] {
  return heard
    .filter(({ method }) => method === 'notifications/message')
    .map(({ params }) => params?.data);
}

/** Calls a tool that waits to be given up. Resolves once it does. */
async function beginCall({ client, log, waitFor }: Asked, signal?: AbortSignal) {
  const ticket = randomUUID();
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  const options = { onProgress: () => resolve(), ...(signal && { signal }) };
  const call = client.callTool('waits_to_be_given_up', { ticket }, options);
  call.catch(() => undefined);
  await Promise.race([begun, call]);
  return {
    isGivenUp: async (): Promise<void> => {
      await assert.rejects(call);
      await waitFor(() => {
        assert.ok(log().some((line) => line.ticket === ticket));
      });
    },
  };
}
