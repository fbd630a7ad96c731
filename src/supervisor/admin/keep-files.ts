import { randomBytes } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';

import {
  type AdminRecord,
  adminRecordPath,
  adminTokenPath,
  findAdminToken,
} from '../../shared/admin-files.ts';
import { codeOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';

const OWNER_ONLY = 0o600;
const TOKEN_BYTES = 32;

/**
 * The token that operators have to show: the one that was given, else the one in the state folder,
 * made if need be. Where it cannot be written it holds all the same, and nobody knows it.
 */
export function keepAdminToken(
  stateFolder: string,
  given: string | undefined,
  log: Logger,
): string {
  if (given !== undefined) return given;
  const path = adminTokenPath(stateFolder);
  const token = findAdminToken(stateFolder) ?? randomBytes(TOKEN_BYTES).toString('base64url');
  attempt(log, 'admin token cannot be kept', () => {
    writeWhole(path, `${token}\n`);
  });
  return token;
}

/** Writes down where operators can ask, for the CLI. */
export function keepAdminRecord(stateFolder: string, record: AdminRecord, log: Logger): void {
  attempt(log, 'admin address cannot be kept', () => {
    writeWhole(adminRecordPath(stateFolder), `${JSON.stringify(record)}\n`);
  });
}

/** Nobody answers there any more. */
export function forgetAdminRecord(stateFolder: string, log: Logger): void {
  attempt(log, 'admin address cannot be removed', () => {
    rmSync(adminRecordPath(stateFolder), { force: true });
  });
}

/** Nobody ever reads half of it. */
function writeWhole(path: string, text: string): void {
  const draft = `${path}.${process.pid}`;
  rmSync(draft, { force: true });
  writeFileSync(draft, text, { mode: OWNER_ONLY, flag: 'wx' });
  renameSync(draft, path);
}

/** A full or read-only disk costs a convenience, and not the supervisor. */
function attempt(log: Logger, what: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    log.warn(what, { error });
  }
}
