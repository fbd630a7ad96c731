import type { OpenChannel } from '../load/channel.ts';
import type { Server } from '../process.ts';
import type { Case, Contender } from '../rows.ts';
import { startHoldfast } from '../servers/holdfast.ts';
import type { Servers } from '../servers.ts';
import { overHttp, overHttpModern, overSocket, overSocketModern } from './channels.ts';

const PATH = '/mcp';

/** Ours, over each transport and in each era. */
export function oursOf(servers: Servers): readonly Contender[] {
  const contender = (
    name: string,
    transport: 'ws' | 'http',
    channels: (of: Case) => OpenChannel,
    options: { readonly withPeersOnly?: boolean } = {},
  ): Contender => ({
    ...options,
    name,
    kind: 'ours',
    transport,
    reach: async (of) => ({ server: await startOurs(servers, of), channels: channels(of) }),
  });
  return [
    contender('holdfast ws', 'ws', overSocket(PATH)),
    contender('holdfast ws modern', 'ws', overSocketModern(PATH), { withPeersOnly: true }),
    contender('holdfast http', 'http', overHttp(PATH)),
    contender('holdfast http modern', 'http', overHttpModern(PATH)),
  ];
}

/** Holdfast, with as many workers and tools as a case asks for. */
export async function startOurs(
  servers: Servers,
  { processes, tools }: Pick<Case, 'processes' | 'tools'>,
): Promise<Server> {
  return servers.get(`holdfast ${processes}×${tools}`, () => startHoldfast(processes, tools));
}
