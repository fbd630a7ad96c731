import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { isNumber, isShaped, isString, type Shaped } from './shape.ts';

const RECORD = 'admin.json';
const TOKEN = 'admin-token';

const isRecord = isShaped({ host: isString, port: isNumber, pid: isNumber });
/** Where operators can ask, as the supervisor that answers there wrote it down. */
export type AdminRecord = Shaped<{
  host: typeof isString;
  port: typeof isNumber;
  pid: typeof isNumber;
}>;

/** The file in the state folder that says where operators can ask. */
export function adminRecordPath(stateFolder: string): string {
  return join(stateFolder, RECORD);
}

/** The file in the state folder that holds what operators have to show. */
export function adminTokenPath(stateFolder: string): string {
  return join(stateFolder, TOKEN);
}

/** Reads where operators can ask; nothing if nobody has written it, or we may not read it. */
export function findAdminRecord(stateFolder: string): AdminRecord | undefined {
  try {
    const record: unknown = JSON.parse(read(adminRecordPath(stateFolder)) ?? '');
    return isRecord(record) ? record : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Reads what operators have to show; nothing if it is not there, or we may not read it. */
export function findAdminToken(stateFolder: string): string | undefined {
  return read(adminTokenPath(stateFolder))?.trim() || undefined;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
