import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import type { SdkClient } from '../sdk-client.ts';
import type { Asked, Behaviours } from './behaviour.ts';

const LIST_CHANGED = [
  'notifications/prompts/list_changed',
  'notifications/resources/list_changed',
  'notifications/tools/list_changed',
];

/** What a client hears of that it did not ask for just now, whichever worker it happened on. */
export const changes: Behaviours = {
  'hears that lists changed': async ({ client, waitFor }) => {
    await client.hearOfLists();
    await client.callTool('test_trigger_tool_change');
    await client.callTool('test_trigger_prompt_change');
    await client.callTool('announces_resources');
    await waitFor(() => {
      const methods = new Set(client.heard.map(({ method }) => method));
      assert.deepEqual([...methods].toSorted(), LIST_CHANGED);
    });
  },

  'hears of the resources that it watches, and of no others': async (asked) => {
    const { client } = asked;
    const [one, other, unwatched] = [newUri(), newUri(), newUri()];
    await using _one = await client.watch(one);
    await using _other = await client.watch(other);
    await client.callTool('announces_update', { uri: unwatched });
    await client.callTool('announces_update', { uri: one });
    await client.callTool('announces_update', { uri: other });
    await hearsOf(asked, [one, other]);
  },

  'hears of a resource no more once it stopped watching': async (asked) => {
    const { client } = asked;
    const [one, other] = [newUri(), newUri()];
    await using _one = await client.watch(one);
    await (await client.watch(other))[Symbol.asyncDispose]();
    await client.callTool('announces_update', { uri: other });
    await client.callTool('announces_update', { uri: one });
    await hearsOf(asked, [one]);
  },
};

/** Nobody else hears of it. */
function newUri(): string {
  return `test://template/${randomUUID()}/data`;
}

/** The modern era has a stream for each subscription: one may be ahead of another. */
async function hearsOf({ client, waitFor }: Asked, uris: readonly string[]): Promise<void> {
  await waitFor(() => {
    assert.deepEqual(updatesOf(client).toSorted(), uris.toSorted());
  });
}

function updatesOf({ heard }: SdkClient): readonly string[] {
  return heard
    .filter(({ method }) => method === 'notifications/resources/updated')
    .map(({ params }) => String(params?.uri));
}
