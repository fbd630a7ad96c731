/** A disk that is soon full: a file system in memory, of half a megabyte. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const SIZE = '512k';
const CHUNK_BYTES = 65_536;

/** Why no disk can be made here, if none can. */
export function cannotMount(): string | false {
  const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
  return isRoot ? false : 'only root may mount a file system, on Linux';
}

export class TinyDisk implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Puts it in the place of an empty folder. */
  static async mount(folder: string): Promise<TinyDisk> {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=0700`, 'tmpfs', folder]);
    return new TinyDisk(folder);
  }

  /** Writes until not a byte more can be written. */
  fill(): void {
    const file = openSync(join(this.#folder, 'filling'), 'a');
    for (let bytes = CHUNK_BYTES; bytes >= 1; ) {
      try {
        writeSync(file, Buffer.alloc(bytes));
      } catch {
        bytes = Math.floor(bytes / 2);
      }
    }
    closeSync(file);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Lazily, should somebody still hold a file of it.
    execFileSync('umount', ['-l', this.#folder]);
  }
}
