import { closeSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';

import { codeOf, Failure } from './errors.ts';

const OLDER_FILES = 4;

/**
 * A file that several processes append whole lines to, no line in two writes, so that those of
 * one do not mix with another's. One of them rotates it; the others are told, and reopen it.
 */
export class LogFile extends Writable {
  readonly #path: string;
  #file: number;

  constructor(path: string) {
    super();
    this.#path = path;
    this.#file = openToAppend(path);
  }

  override _write(line: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.append(line);
    done();
  }

  /** Writes whole lines, and says whether it could: a full disk costs us lines, not the process. */
  append(lines: Buffer): boolean {
    try {
      return writeSync(this.#file, lines) === lines.length;
    } catch {
      return false;
    }
  }

  /** Goes on in the file that has the name now. */
  reopen(): void {
    closeSync(this.#file);
    this.#file = openToAppend(this.#path);
  }
}

/** Renames a log file that has grown over `bytesMax`, and those before it. Says whether it did. */
export function rotateLogFile(path: string, bytesMax: number): boolean {
  if (sizeOf(path) <= bytesMax) return false;
  for (let age = OLDER_FILES - 1; age > 0; age--) moveAside(`${path}.${age}`, `${path}.${age + 1}`);
  moveAside(path, `${path}.1`);
  return true;
}

function openToAppend(path: string): number {
  try {
    return openSync(path, 'a', 0o640);
  } catch (error) {
    const why = codeOf(error) ?? 'unknown error';
    throw new Failure(
      'invalid',
      `The log file ${path} cannot be opened (${why}). Set MCP_LOG_FILE.`,
      {
        cause: error,
      },
    );
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function moveAside(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}
