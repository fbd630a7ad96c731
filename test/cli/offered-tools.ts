/** A supervisor that offers what it is told to, and a command line that asks it. */
import type { ProofEntry } from '../../src/shared/proof.ts';
import { type Opened, open, TOKEN } from '../supervisor/admin/opened.ts';
import { openTerminal, type Terminal, type TerminalOptions } from './terminal.ts';

/** One tool of a proof. Its definition is its description, so that tests can read it. */
export function toolEntry(
  name: string,
  description: string,
  rest: Partial<ProofEntry> = {},
): ProofEntry {
  return {
    kind: 'tool',
    name,
    description,
    scope: undefined,
    source: '/tools/a.ts',
    definition: description,
    told: { name, description, inputSchema: { type: 'object' } },
    ...rest,
  };
}

/** Says what is offered from now on. */
export function offer({ source }: Opened, ...entries: readonly ProofEntry[]): void {
  const generation = '0123456789abcdef';
  const proof = { generation, at: 0, tookMs: 1, entries, faults: [], warnings: [] };
  source.details = { ...source.details, proof };
}

/** Opens a supervisor with tools, and a terminal that finds it. */
export async function openOffered(
  { env, ...options }: TerminalOptions,
  ...entries: readonly ProofEntry[]
): Promise<{ readonly opened: Opened; readonly terminal: Terminal }> {
  const opened = await open();
  offer(opened, ...entries);
  const found = { MCP_STATE_DIR: opened.stateFolder, MCP_ADMIN_TOKEN: TOKEN };
  return { opened, terminal: openTerminal({ env: { ...found, ...env }, ...options }) };
}
