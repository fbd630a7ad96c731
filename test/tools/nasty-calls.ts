/** Agents that call one nasty tool, again and again. */
import { setTimeout as sleep } from 'node:timers/promises';

import { Agent, type Answer } from '../agent.ts';

/** An agent that is refused asks again, but not without a breath. */
const PAUSE_MS = 50;

/** How a call ended, in a word. */
export function endOf({ error, result }: Answer): string {
  if (error !== undefined) return error.data?.kind ?? String(error.code);
  return result?.isError === true ? 'tool_error' : 'ok';
}

/** Calls a tool from several agents at once, until the time is over. Resolves when all are answered, with how each ended. */
export async function callNastily(
  port: number,
  {
    tool,
    agents,
    forMs,
  }: { readonly tool: string; readonly agents: number; readonly forMs: number },
): Promise<readonly string[]> {
  const ends: string[] = [];
  const over = performance.now() + forMs;
  const callOn = async (): Promise<void> => {
    await using agent = await Agent.connect(port);
    do {
      const params = { name: tool, arguments: {}, _meta: { progressToken: 'token' } };
      ends.push(endOf(await agent.request('tools/call', params)));
      await sleep(PAUSE_MS);
    } while (performance.now() < over);
  };
  await Promise.all(Array.from({ length: agents }, callOn));
  return ends;
}
