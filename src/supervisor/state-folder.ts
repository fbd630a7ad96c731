import { accessSync, chmodSync, constants, mkdirSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

import { codeOf, Failure } from '../shared/errors.ts';
import { StateLock } from './state-lock.ts';

const WRITABLE_BY_OTHERS = 0o002;
const PASSABLE = 0o011;

/** The folder that one supervisor keeps its state in. It is ours until disposed of. */
export class StateFolder implements Disposable {
  readonly path: string;
  readonly #lock: StateLock;

  /** Makes the folder if need be, and locks it. Throws a `Failure` if it is unfit, or another's. */
  constructor(path: string) {
    this.path = path;
    make(path);
    this.#lock = new StateLock(path);
  }

  [Symbol.dispose](): void {
    this.#lock[Symbol.dispose]();
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
