/** The command line, as it is typed. */
import { execFile } from 'node:child_process';

import { runCommandLine } from '../../src/cli/command-line.ts';
import { INHERITED } from '../support/inherited.ts';
import { openTerminal } from './terminal.ts';

export interface Ran {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs it in this process, where no state folder is found but the one that is given. */
export async function type(env: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<Ran> {
  const terminal = openTerminal({ env: { MCP_STATE_DIR: '/nowhere/at/all', ...env } });
  const { exitCode } = process;
  process.exitCode = 0;
  try {
    await runCommandLine(args, terminal);
    const { exitCode: code } = process;
    return { code, stdout: terminal.printed(), stderr: terminal.complained() };
  } finally {
    process.exitCode = exitCode;
  }
}

/** Runs a shell command in a terminal of its own, made by script(1). */
export function typeInTerminal(command: string, env: NodeJS.ProcessEnv): Promise<Ran> {
  const all = { ...INHERITED, MCP_STATE_DIR: '/nowhere/at/all', ...env };
  return new Promise((resolve) => {
    const child = execFile(
      'script',
      ['-qec', command, '/dev/null'],
      { env: all, timeout: 60_000 },
      (error, stdout, stderr) => {
        resolve({ code: error?.code ?? 0, stdout, stderr });
      },
    );
    child.stdin?.end();
  });
}
