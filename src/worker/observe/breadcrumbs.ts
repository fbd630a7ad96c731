import { constants, openSync, rmSync, writeSync } from 'node:fs';

import {
  BREADCRUMB_BYTES,
  BREADCRUMBS_MAX,
  type Breadcrumb,
  encodeBreadcrumb,
  NO_BREADCRUMB,
} from '../../shared/breadcrumb.ts';

/** Nobody else's file, nor what a link points to. */
const FLAGS = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;

/**
 * The file of the calls that run: each has a place in it, from before it begins until it is over. The
 * kernel has what was written, so whatever ends this process, the file tells what it was doing. The supervisor removes it.
 */
export class Breadcrumbs {
  readonly #path: string;
  readonly #onFailure: (error: unknown) => void;
  readonly #free: number[] = [];
  #placesUsed = 0;
  /** Absent before the first breadcrumb, and once the file failed. */
  #file: number | undefined;
  #failed = false;

  /** Should the file fail, `onFailure` is called once, and no more is written: a trace is not worth a call. */
  constructor(path: string, onFailure: (error: unknown) => void) {
    this.#path = path;
    this.#onFailure = onFailure;
  }

  /** Writes a breadcrumb, and returns its place. There is none if all are taken, or the file failed. */
  leave(breadcrumb: Breadcrumb): number | undefined {
    if (this.#failed) return undefined;
    const place = this.#free.pop() ?? this.#placesUsed;
    if (place === BREADCRUMBS_MAX) return undefined;
    this.#placesUsed = Math.max(this.#placesUsed, place + 1);
    this.#write(encodeBreadcrumb(breadcrumb), place);
    return place;
  }

  /** Wipes a place, for the next call. */
  wipe(place: number): void {
    this.#free.push(place);
    if (!this.#failed) this.#write(NO_BREADCRUMB, place);
  }

  #write(bytes: Buffer, place: number): void {
    try {
      this.#file ??= create(this.#path);
      writeSync(this.#file, bytes, 0, BREADCRUMB_BYTES, place * BREADCRUMB_BYTES);
    } catch (error) {
      this.#failed = true;
      this.#onFailure(error);
    }
  }
}

/** Makes the file anew. One that an earlier process left under this name is not ours to go on with. */
function create(path: string): number {
  rmSync(path, { force: true });
  return openSync(path, FLAGS, 0o600);
}
