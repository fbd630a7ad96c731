import {
  accessSync,
  chmodSync,
  constants,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, relative, sep } from 'node:path';

import { codeOf, Failure } from '../shared/errors.ts';
import {
  findProcess,
  isRunning,
  type ProcessIdentity,
  parseProcessIdentity,
} from './process-identity.ts';

const ATTEMPTS_MAX = 5;
const WRITABLE_BY_OTHERS = 0o002;
const PASSABLE = 0o011;

/**
 * The folder that one supervisor keeps its state in. It is ours until disposed of: a file in it
 * names us, and whoever comes second is told so by a `Failure` (`conflict`).
 */
export class StateFolder implements Disposable {
  readonly path: string;
  readonly #lock: string;

  /** Makes the folder if need be, and locks it. */
  constructor(path: string) {
    this.path = path;
    this.#lock = join(path, 'lock');
    make(path);
    lock(this.#lock);
  }

  [Symbol.dispose](): void {
    rmSync(this.#lock, { force: true });
  }
}

/** Makes the folder, and whatever it lies in. One that is there already has to be fit. */
function make(path: string): void {
  try {
    const made = mkdirSync(path, { recursive: true });
    for (const folder of made === undefined ? [] : foldersBetween(made, path)) {
      chmodSync(folder, 0o700);
      letPass(folder);
    }
    accessSync(path, constants.W_OK);
    letPass(path);
  } catch (error) {
    throw unfit(path, `it cannot be used (${codeOf(error) ?? 'unknown error'})`, error);
  }
  if ((statSync(path).mode & WRITABLE_BY_OTHERS) !== 0) {
    throw unfit(path, 'everybody may write to it');
  }
}

/** A folder, and those in it on the way to another. */
function foldersBetween(outer: string, inner: string): string[] {
  const names = relative(outer, inner)
    .split(sep)
    .filter((name) => name !== '');
  return [outer, ...names.map((_, index) => join(outer, ...names.slice(0, index + 1)))];
}

/** Root's embedded servers run as somebody else, who must be able to pass through root's folders, and no more. */
function letPass(folder: string): void {
  const { mode, uid } = statSync(folder);
  if (process.getuid?.() === 0 && uid === 0) chmodSync(folder, mode | PASSABLE);
}

function unfit(path: string, why: string, cause?: unknown): Failure {
  const text = `The state folder ${path} is unfit: ${why}. Set MCP_STATE_DIR to a folder of this user's own.`;
  return new Failure('invalid', text, { cause });
}

/** Takes the lock: `link` makes a whole file or none, and never over another. */
function lock(path: string): void {
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(findProcess(process.pid)), { mode: 0o644 });
  try {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      if (link(mine, path)) return;
      const holder = findHolder(path);
      if (holder !== undefined && isRunning(holder)) {
        throw new Failure(
          'conflict',
          `The state folder ${path.slice(0, -'/lock'.length)} is held by process ${holder.pid}, a Holdfast that is running. Stop it, or set another MCP_STATE_DIR (with MCP_PORT).`,
        );
      }
      clear(path, holder);
    }
    throw new Failure('conflict', `The lock ${path} keeps changing hands.`);
  } finally {
    rmSync(mine, { force: true });
  }
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
