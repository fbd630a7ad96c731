import { hash } from 'node:crypto';
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { codeOf, Failure } from '../../shared/errors.ts';
import { listFiles } from '../../shared/generation.ts';

export interface WatchOptions {
  /** Entries of `MCP_TOOLS`. */
  readonly paths: readonly string[];
  /** Called when files have changed, and are quiet again. */
  readonly onChange: () => void;
}

const EVERY_MS = 200;
/** So many times what a look takes passes before the next: it takes a twentieth of our time at most, however many files there are. */
const REST_OF_LOOK = 20;
/** Editors write a file in several steps. */
const QUIET_MS = 150;
/** What goes on changing is taken as it is. */
const UNQUIET_MS_MAX = 1_000;

/**
 * Looks at the files of tools again and again. It does not wait to be told by the kernel: that tells nothing of folders that are
 * replaced, of what a container is lent from outside, and counts every folder of `node_modules`.
 */
export class Watch implements Disposable {
  readonly #options: WatchOptions;
  #timer: NodeJS.Timeout | undefined;
  /** How the files were when they were last reported. */
  #reported: string;
  #changing: { readonly mark: string; readonly since: number } | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#reported = markOf(options.paths);
    this.#wait(EVERY_MS);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #look(): void {
    const startedAt = performance.now();
    const mark = markOf(this.#options.paths);
    const now = performance.now();
    const restMs = Math.max(EVERY_MS, (now - startedAt) * REST_OF_LOOK);
    if (mark === this.#reported) {
      this.#changing = undefined;
      this.#wait(restMs);
      return;
    }
    const isQuiet = this.#changing?.mark === mark;
    const since = this.#changing?.since ?? now;
    if (!isQuiet && now - since < UNQUIET_MS_MAX) {
      this.#changing = { mark, since };
      this.#wait(QUIET_MS);
      return;
    }
    this.#reported = mark;
    this.#changing = undefined;
    this.#wait(restMs);
    this.#options.onChange();
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#look();
    }, ms).unref();
  }
}

/** The same for as long as no file is written, made, moved or deleted. */
function markOf(paths: readonly string[]): string {
  return hash('sha256', paths.map((path) => markOfOne(resolve(path))).join('\n'));
}

function markOfOne(path: string): string {
  try {
    const { root, files } = listFiles(path);
    const marks = files.map((name) => {
      const stats = statSync(join(root, name), { throwIfNoEntry: false });
      return [name, stats?.ino, stats?.size, stats?.mtimeMs];
    });
    return JSON.stringify(marks);
  } catch (error) {
    // Whoever loads them says what is wrong; here it is only how they are now.
    if (error instanceof Failure) return error.message;
    const code = codeOf(error);
    if (code === undefined) throw error;
    return code;
  }
}
