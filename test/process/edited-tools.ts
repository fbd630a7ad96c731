/** Tools that are edited while they are served, and agents who notice. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Agent } from '../agent.ts';
import type { Told } from './operator.ts';

/** A tool that says which version of it answers, and by whom. */
export function sourceOf(version: number): string {
  return `import { defineTool } from 'mcp-holdfast';

export const tells = defineTool({
  name: 'tells_version',
  description: 'Tells that it is of version ${version}.',
  run: async () => ({ version: ${version}, pid: process.pid }),
});
`;
}

/** How long the machine takes at this moment for the least that it can be asked. */
export function startProcessMs(): number {
  const startedAt = performance.now();
  spawnSync(process.execPath, ['--eval', '0']);
  return performance.now() - startedAt;
}

/** Tools in a folder of their own, written as editors write them. */
export function makeTools() {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-edited-'));
  const write = (text: string): void => {
    writeFileSync(join(folder, '.tells.ts.swp'), text);
    renameSync(join(folder, '.tells.ts.swp'), join(folder, 'tells.ts'));
  };
  return {
    folder,
    write,
    save: (version: number) => {
      write(sourceOf(version));
    },
    [Symbol.dispose]: () => {
      rmSync(folder, { recursive: true });
    },
  };
}

/** An agent that counts how often it is told that the tools changed. */
export async function connect(port: number) {
  const agent = await Agent.connect(port);
  const told = { changes: 0 };
  agent.socket.on('message', (data: Buffer) => {
    if (data.toString().includes('notifications/tools/list_changed')) told.changes += 1;
  });
  return {
    told,
    close: () => agent[Symbol.asyncDispose](),
    version: async (): Promise<number> => {
      const { result } = await agent.call('tells_version');
      return Number(result?.structuredContent?.version);
    },
    pid: async (): Promise<number> => {
      const { result } = await agent.call('tells_version');
      return Number(result?.structuredContent?.pid);
    },
    listed: async (): Promise<string> => {
      const { result }: Told = await agent.request('tools/list', {});
      return result.tools[0].description;
    },
  };
}
