import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { codeOf } from '../../shared/errors.ts';
import {
  findGeneration,
  type Generation,
  isKeptWhole,
  keepGeneration,
} from '../../shared/generation.ts';
import { readJsonFile, writeJsonFile } from '../../shared/json-file.ts';
import type { Logger } from '../../shared/logger.ts';
import { isNumber, isOptional, isShaped, isString, type Shaped } from '../../shared/shape.ts';

const RECORD = {
  current: isString,
  /** Since when, in milliseconds since 1970. */
  at: isNumber,
  /** What was served before: where a rollback leads. */
  previous: isOptional(isString),
  /** What was rolled back from. */
  rejected: isOptional(isString),
} as const;
type Record = Shaped<typeof RECORD>;
const isRecord = isShaped(RECORD);

export interface GenerationsOptions {
  readonly stateFolder: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Logger;
}

/** Beside what is served and what was: enough for whoever drains, or looks into what went wrong. */
const KEPT_MAX = 10;
/** What is written half for so long is written no further. */
const ABANDONED_MS = 60_000;

/** Which generation is served, and which was, from one run to the next. Begins with `open`. */
export class Generations {
  readonly #options: GenerationsOptions;
  readonly #path: string;
  #record: Record | undefined;
  #current: Generation | undefined;
  /** What no worker could serve yet is nothing to go back to. */
  #isServed = false;

  constructor(options: GenerationsOptions) {
    this.#options = options;
    this.#path = join(options.stateFolder, 'generations', 'current.json');
  }

  /**
   * Takes what there is on disk, unless it was rolled back from: then what was served last goes on being served. Throws a
   * `Failure` that says what is wrong with the paths.
   */
  open(paths: readonly string[]): void {
    this.#begin(paths);
    // Whoever starts anew for each change never reloads.
    this.prune([]);
  }

  /** What is served. */
  get current(): Generation {
    if (this.#current === undefined) throw new Error('Generations have to be opened first');
    return this.#current;
  }

  get isOpen(): boolean {
    return this.#current !== undefined;
  }

  /** What was served before, whether or not it is still there. */
  get previousId(): string | undefined {
    return this.#record?.previous;
  }

  /** Since when it is served. */
  get servedAt(): number | undefined {
    return this.#record?.at;
  }

  /** What was served before, if it is still there. */
  findPrevious(): Generation | undefined {
    const id = this.#record?.previous;
    return id === undefined ? undefined : this.#findWhole(id);
  }

  /** Whether that is what was rolled back from. */
  isRejected(id: string): boolean {
    return this.#record?.rejected === id;
  }

  /** Keeps what there is on disk. It is not served by that. */
  keep(paths: readonly string[]): Generation {
    const { stateFolder, now } = this.#options;
    return keepGeneration(stateFolder, paths, now());
  }

  /** A worker serves the current one. Until then the next start takes it that what was served before still is. */
  noteServed(): void {
    if (this.#isServed || this.#record === undefined) return;
    this.#isServed = true;
    this.#write(this.#record);
  }

  /** From now on that one is served. */
  advance(generation: Generation): void {
    const previous = this.#isServed ? this.current.id : this.previousId;
    this.#current = generation;
    this.#isServed = true;
    this.#write({
      current: generation.id,
      at: this.#options.now(),
      previous,
      rejected: undefined,
    });
  }

  /** From now on the one before is served, and what is served now is not taken again by itself. */
  goBack(generation: Generation): void {
    const rejected = this.current.id;
    this.#current = generation;
    this.#isServed = true;
    this.#write({
      current: generation.id,
      at: this.#options.now(),
      previous: undefined,
      rejected,
    });
  }

  /** Deletes what nobody will ask for any more. `inUse` are those that workers still have. */
  prune(inUse: readonly string[]): void {
    const { stateFolder, log } = this.#options;
    try {
      const kept = this.#pruneGenerations(new Set(inUse));
      const versions = new Set(kept.flatMap(({ sources }) => sources.map((each) => each.version)));
      for (const name of namesIn(join(stateFolder, 'tools'))) {
        if (!isHalf(name) && !versions.has(name)) this.#remove('tools', name);
      }
      this.#pruneHalves('tools');
      this.#pruneHalves('generations');
    } catch (error) {
      if (codeOf(error) === undefined) throw error;
      log.warn('tools of old cannot be deleted', { error });
    }
  }

  #begin(paths: readonly string[]): void {
    const { log } = this.#options;
    const recorded = this.#read();
    const found = this.keep(paths);
    const served = recorded && this.#findWhole(recorded.current);
    const isRejected = recorded !== undefined && recorded.rejected === found.id;
    if (isRejected && served !== undefined) {
      log.warn('tools on disk were rolled back from, and are not taken until they change', {
        rejected: found.id,
        toolGeneration: served.id,
      });
      this.#current = served;
      this.#isServed = true;
      this.#record = recorded;
      return;
    }
    this.#current = found;
    const isSame = recorded?.current === found.id;
    const previous = isSame ? recorded.previous : recorded?.current;
    const at = isSame ? recorded.at : this.#options.now();
    const record = { current: found.id, at, previous, rejected: undefined };
    this.#isServed = isSame;
    if (isSame) this.#write(record);
    else this.#record = record;
  }

  #pruneGenerations(inUse: ReadonlySet<string>): readonly Generation[] {
    const { stateFolder } = this.#options;
    const names = namesIn(join(stateFolder, 'generations'));
    const ids = names.flatMap((name) => /^([0-9a-f]+)\.json$/.exec(name)?.[1] ?? []);
    const { current } = this;
    const found = ids
      .flatMap((id) => (id === current.id ? [] : (findGeneration(stateFolder, id) ?? [])))
      .concat(current)
      .toSorted((a, b) => b.at - a.at);
    const named = new Set([current.id, this.#record?.previous, ...inUse]);
    const others = found.filter(({ id }) => !named.has(id));
    const kept = [...found.filter(({ id }) => named.has(id)), ...others.slice(0, KEPT_MAX)];
    const keptIds = new Set(kept.map(({ id }) => id));
    for (const name of names) {
      const [, id] = /^([0-9a-f]+)\.(?:proof\.)?json$/.exec(name) ?? [];
      if (id !== undefined && !keptIds.has(id)) this.#remove('generations', name);
    }
    return kept;
  }

  #pruneHalves(below: string): void {
    const folder = join(this.#options.stateFolder, below);
    for (const name of namesIn(folder).filter(isHalf)) {
      const written = statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs;
      if (written !== undefined && this.#options.now() - written > ABANDONED_MS) {
        this.#remove(below, name);
      }
    }
  }

  #remove(...below: readonly [string, string]): void {
    rmSync(join(this.#options.stateFolder, ...below), { recursive: true, force: true });
  }

  /** Somebody may have tidied up. */
  #findWhole(id: string): Generation | undefined {
    const { stateFolder } = this.#options;
    const generation = findGeneration(stateFolder, id);
    const isWhole = generation?.sources.every((source) => isKeptWhole(stateFolder, source));
    return isWhole === true ? generation : undefined;
  }

  #read(): Record | undefined {
    if (!existsSync(this.#path)) return undefined;
    const parsed = readJsonFile(this.#path);
    if (isRecord(parsed)) return parsed;
    this.#options.log.warn('it is forgotten which tools were served', { file: this.#path });
    return undefined;
  }

  #write(record: Record): void {
    this.#record = record;
    try {
      writeJsonFile(this.#path, record);
    } catch (error) {
      this.#options.log.warn('which tools are served cannot be kept for the next start', { error });
    }
  }
}

function isHalf(name: string): boolean {
  return name.endsWith('.new');
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
