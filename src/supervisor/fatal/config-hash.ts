import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const KEY_FILE = 'config-key';
const KEY_BYTES = 32;

/**
 * A short word that is the same for the same configuration, its secrets among them: a password that
 * was corrected is a change. It is made with a key that stays in the state folder, or reports would
 * let anybody try passwords. Nothing if there can be no key.
 */
export function configHashOf(config: object, stateFolder: string): string | undefined {
  const key = findKey(join(stateFolder, KEY_FILE));
  if (key === undefined) return undefined;
  return createHmac('sha256', key).update(JSON.stringify(config)).digest('hex').slice(0, 12);
}

function findKey(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    const key = randomBytes(KEY_BYTES);
    try {
      writeFileSync(path, key, { mode: 0o600 });
      return key;
    } catch {
      return undefined;
    }
  }
}
