import { readFileSync, writeFileSync } from 'node:fs';

import { codeOf, Failure } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import { keepSecret, makeApiKey, parseApiKey } from './auth/api-key.ts';
import { recordAdministration } from './store/administration.ts';
import { createKey, hasKeys } from './store/api-keys.ts';

/** Whatever a store makes keys with. */
type Client = Parameters<typeof createKey>[0];

/** Who shows the first key of an installation. */
const PRINCIPAL = 'bootstrap';
const MODE = 0o600;

/**
 * Makes sure that there is a first key: the one in the file, or a new one, which is written there. Once there are keys, nothing
 * happens. Throws a `Failure` if what is in the file is no key, or it cannot be read or written. A transaction that fails is left
 * open: whoever called ends the connection.
 */
export async function bootstrapKey(client: Client, path: string, log: Logger): Promise<void> {
  if (await hasKeys(client)) return;
  const found = readKey(path);
  const { id, secret } = found ?? writeKey(path);
  const key = { id, principal: PRINCIPAL, scopes: undefined, expiresAt: undefined };
  await client.query('begin');
  await createKey(client, { ...key, ...keepSecret(secret) });
  await recordAdministration(client, { action: 'token create', subject: id });
  await client.query('commit');
  log.info(found === undefined ? 'first key written' : 'first key taken', { path, id });
}

function readKey(path: string): ReturnType<typeof parseApiKey> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw unusable('cannot be read', error);
  }
  const key = parseApiKey(text);
  if (key !== undefined) return key;
  throw new Failure('invalid', 'MCP_BOOTSTRAP_TOKEN_FILE: what is in the file is no whole key', {
    remedy: 'Put the output of "holdfast token create bootstrap --offline" into it, or remove it.',
  });
}

function writeKey(path: string): ReturnType<typeof makeApiKey> {
  const key = makeApiKey();
  try {
    writeFileSync(path, `${key.text}\n`, { mode: MODE, flag: 'wx' });
  } catch (error) {
    throw unusable('cannot be written', error);
  }
  return key;
}

function unusable(what: string, cause: unknown): Failure {
  const code = codeOf(cause) ?? 'unknown error';
  return new Failure('invalid', `MCP_BOOTSTRAP_TOKEN_FILE: ${what} (${code})`, {
    cause,
    remedy: 'Name a file in a folder that is there, and that the user of Holdfast may write in.',
  });
}
