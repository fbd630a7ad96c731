/** What two tenants share. All of it hands a marker back, by every way that there is. */
import { setTimeout as sleep } from 'node:timers/promises';

import { type Context, defineResource, defineTool, ToolError } from 'mcp-holdfast';
import { z } from 'zod';

export const echoes = defineTool({
  name: 'echoes',
  description: 'Says a marker over and over, and who called.',
  input: z.object({
    marker: z.string(),
    waitMs: z.int().min(0).max(2_000),
    asks: z.boolean(),
    /** A resource that is said to have changed. */
    touches: z.string().optional(),
  }),
  async run({ marker, waitMs, asks, touches }, context) {
    const { principal, progress, message, announce, log, signal } = context;
    await progress(1, 3, marker);
    await message('info', { marker });
    const answered = asks ? await askBack(marker, context) : marker;
    await sleep(waitMs, undefined, { signal });
    await progress(2, 3, marker);
    log.debug('echoed');
    if (touches !== undefined) await announce({ resource: touches });
    return { marker, answered, principal: principal.id };
  },
});

export const fails = defineTool({
  name: 'fails',
  description: 'Says a marker as what was wrong.',
  input: z.object({ marker: z.string() }),
  async run({ marker }, { principal }) {
    throw new ToolError(`${principal.id} cannot have ${marker}`);
  },
});

export const changesLists = defineTool({
  name: 'changes_lists',
  description: 'Says to everybody that the list of tools is another.',
  input: z.object({ marker: z.string() }),
  async run(_given, { announce }) {
    await announce({ list: 'tools' });
    return 'changed';
  },
});

async function askBack(marker: string, { ask }: Context): Promise<string> {
  const { back } = await ask({
    back: {
      method: 'elicitation/create',
      params: {
        message: `Say ${marker}`,
        requestedSchema: {
          type: 'object',
          properties: { marker: { type: 'string' } },
          required: ['marker'],
        },
      },
    },
  });
  return String(back.content?.marker);
}

/** Each is one tenant's alone. */
const ofTenant = (tenant: string) =>
  defineTool({
    name: `only_${tenant}`,
    description: `What ${tenant} alone may call.`,
    scope: tenant,
    run: async (_given, { principal }) => ({ principal: principal.id }),
  });

export const onlyAcme = ofTenant('acmecorporation');
export const onlyBolt = ofTenant('boltcorporation');

export const mine = defineResource({
  uri: 'mine://{marker}',
  name: 'mine',
  read: async ({ uri }, { principal }) => `${uri} is of ${principal.id}`,
});
