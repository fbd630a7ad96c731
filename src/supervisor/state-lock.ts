import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { codeOf, Failure } from '../shared/errors.ts';
import {
  findProcess,
  isRunning,
  type ProcessIdentity,
  parseProcessIdentity,
} from './process-identity.ts';

const ATTEMPTS_MAX = 5;

/** A file in the state folder that names the process it belongs to. That of a dead process counts for nothing. */
export class StateLock implements Disposable {
  readonly #path: string;

  /** Takes the lock. Throws a `Failure` (`conflict`) that says who holds it. */
  constructor(folder: string) {
    this.#path = join(folder, 'lock');
    const mine = `${this.#path}.${process.pid}`;
    writeFileSync(mine, JSON.stringify(findProcess(process.pid)), { mode: 0o644 });
    try {
      take(this.#path, mine, folder);
    } finally {
      rmSync(mine, { force: true });
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.#path, { force: true });
  }
}

/** `link` makes a whole file or none, and never over another. */
function take(path: string, mine: string, folder: string): void {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    if (link(mine, path)) return;
    const holder = findHolder(path);
    if (holder !== undefined && isRunning(holder)) {
      throw new Failure(
        'conflict',
        `The state folder ${folder} is held by process ${holder.pid}, a Holdfast that is running. Stop it, or set another MCP_STATE_DIR (with MCP_PORT).`,
      );
    }
    clear(path, holder);
  }
  throw new Failure('conflict', `The lock ${path} keeps changing hands.`);
}

function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function findHolder(path: string): ProcessIdentity | undefined {
  try {
    return parseProcessIdentity(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Moves a dead one's lock out of the way; and back, if a living one was quicker than we looked. */
function clear(path: string, dead: ProcessIdentity | undefined): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  const moved = findHolder(aside);
  if (moved?.pid !== dead?.pid && moved !== undefined && isRunning(moved)) link(aside, path);
  rmSync(aside, { force: true });
}
