import { createHash } from 'node:crypto';
import { closeSync, lstatSync, mkdirSync, openSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { BREADCRUMB_BYTES, BREADCRUMBS_MAX, decodeBreadcrumbs } from '../../shared/breadcrumb.ts';
import type { CallInFlight } from '../../shared/ipc.ts';

const FILE_BYTES_MAX = BREADCRUMB_BYTES * BREADCRUMBS_MAX;
const OPEN_TO_OTHERS = 0o077;

/** Where breadcrumbs may lie, the best first: in memory, where a write costs a few µs, else beside our state. */
export function breadcrumbFolders(stateFolder: string): readonly [string, string] {
  // Two supervisors of one machine have two state folders, so they do not meet here either.
  const name = createHash('sha256').update(stateFolder).digest('hex').slice(0, 12);
  return [`/dev/shm/holdfast-${name}`, join(stateFolder, 'breadcrumbs')];
}

/**
 * Empties the first folder that can be ours alone, and returns it. What an earlier supervisor left is
 * gone. None if there is no such folder: then calls leave no trace.
 */
export function openBreadcrumbFolder(folders: readonly string[]): string | undefined {
  return folders.find((folder) => {
    try {
      if (isOurs(folder)) rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { mode: 0o700 });
      return isOurs(folder);
    } catch {
      // Read-only, full, another's, or no such place: the next may do.
      return false;
    }
  });
}

/** The file of one worker. */
export function breadcrumbFile(folder: string, slot: number, incarnation: number): string {
  return join(folder, `${slot}-${incarnation}`);
}

/** The calls that ran when a worker ended, the oldest first. None if it left no file, or none that can be read. */
export function readBreadcrumbs(path: string): CallInFlight[] {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const bytes = Buffer.alloc(FILE_BYTES_MAX);
    return decodeBreadcrumbs(bytes.subarray(0, readSync(file, bytes)));
  } catch {
    return [];
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Removes the file of a worker that ended. */
export function removeBreadcrumbs(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // It goes when the folder is emptied.
  }
}

/** A folder in a place open to all is somebody's trap, unless it belongs to us and lets nobody else in. */
function isOurs(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return false;
  return (
    found.isDirectory() && found.uid === process.getuid?.() && (found.mode & OPEN_TO_OTHERS) === 0
  );
}
