/** `holdfast token`, as it is typed, on a database of ours. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';

import { parseApiKey } from '../../src/worker/auth/api-key.ts';
import type { Migrated } from '../worker/store/migrated.ts';

export const BIN = join(import.meta.dirname, '../../bin/holdfast.js');

export interface Ran {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program where no state folder is found but the one that is given. */
export function run(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Ran> {
  const all = { PATH: process.env.PATH, MCP_STATE_DIR: '/nowhere/at/all', ...env };
  return new Promise((resolve) => {
    execFile(program, args, { env: all, timeout: 20_000 }, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, stdout, stderr });
    });
  });
}

/** Runs the command on the database of a URL, or on none. */
export function token(url: string | undefined, ...args: string[]): Promise<Ran> {
  return run(
    process.execPath,
    [BIN, 'token', ...args],
    url === undefined ? {} : { DATABASE_URL: url },
  );
}

/** Makes a key, and returns its parts. */
export async function create({ url }: Migrated, ...args: string[]) {
  const { code, stdout, stderr } = await token(url, 'create', ...args);
  assert.deepEqual([code, stderr.startsWith('Key ')], [0, true], stderr);
  const key = parseApiKey(stdout.trimEnd());
  assert.ok(key, 'What is printed is no key');
  return { ...key, text: stdout.trimEnd(), stderr };
}

/** The rows of all keys, the oldest first. */
export async function keysOf({ admin }: Migrated) {
  const { rows } = await admin.query('select * from holdfast.api_keys order by created_at, id');
  return rows;
}
