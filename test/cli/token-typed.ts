/** `holdfast token`, as it is typed, on a database of ours. */
import assert from 'node:assert/strict';

import { parseApiKey } from '../../src/worker/auth/api-key.ts';
import type { Migrated } from '../worker/store/migrated.ts';
import { type Ran, type } from './typed.ts';

/** Runs the command on the database of a URL, or on none. */
export function token(url: string | undefined, ...args: readonly string[]): Promise<Ran> {
  return type(url === undefined ? {} : { DATABASE_URL: url }, 'token', ...args);
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
