import { Failure } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import type { Catalogue } from './catalogue.ts';
import { inTime } from './domain/in-time.ts';
import type { ToolPins } from './domain/tool-pin.ts';
import { HeldCatalogue, type Lists } from './held-catalogue.ts';
import type { PromptRegistry } from './prompts/registry.ts';
import type { ResourceRegistry } from './resources/registry.ts';
import type { CallTool } from './tools/call-tool.ts';
import type { RegisteredTool, ToolRegistry } from './tools/registry.ts';

export interface CataloguesOptions {
  /** Loads a generation by its id. Throws a `Failure` if there is none, or it does not fit. */
  readonly load: (id: string) => Promise<Catalogue>;
  readonly pins: ToolPins;
  /** A module may wait, while it is loaded, for what never comes. */
  readonly prepareMsMax: number;
  readonly log: Logger;
}

/** What became another: the generation, tools of it that come and go, or only what is held back of them. */
type ServedChange = 'generation' | 'tools' | 'held-back';

/** Candidates that are loaded: the next one, and one before it that was not dropped yet. */
const PREPARED_MAX = 2;
/** What was served before. Whoever turns the pages of a list has time for so many changes. */
const PAST_MAX = 2;

/**
 * The generations of this worker: one that is served, those that may be next, and the lists of the last ones. The registries
 * are those of whichever is served at the moment. Who found something in them keeps what was found, whatever comes next.
 */
export class Catalogues implements AsyncDisposable {
  readonly tools: ToolRegistry;
  readonly resources: ResourceRegistry;
  readonly prompts: PromptRegistry;
  readonly #options: CataloguesOptions;
  readonly #prepared = new Map<string, HeldCatalogue>();
  /** Those that calls may still run in. */
  readonly #retired = new Set<HeldCatalogue>();
  readonly #owners = new WeakMap<RegisteredTool, HeldCatalogue>();
  readonly #listeners = new Set<(what: ServedChange) => void>();
  readonly #loadingListeners = new Set<() => Disposable>();
  #past: readonly Lists[] = [];
  #served: HeldCatalogue;

  private constructor(id: string, catalogue: Catalogue, options: CataloguesOptions) {
    this.#options = options;
    this.#served = this.#hold(id, catalogue);
    const served = (): Lists => this.#served.lists;
    const known = (): readonly Lists[] => this.#known();
    this.tools = {
      get tools() {
        return served().tools.tools;
      },
      get version() {
        return served().tools.version;
      },
      find: (name) => served().tools.find(name),
      findVersion: (version) => findVersion(known(), 'tools', version),
    };
    this.resources = {
      get resources() {
        return served().resources.resources;
      },
      get templates() {
        return served().resources.templates;
      },
      get version() {
        return served().resources.version;
      },
      find: (uri) => served().resources.find(uri),
      get: (written) => served().resources.get(written),
      findVersion: (version) => findVersion(known(), 'resources', version),
    };
    this.prompts = {
      get prompts() {
        return served().prompts.prompts;
      },
      get version() {
        return served().prompts.version;
      },
      find: (name) => served().prompts.find(name),
      findVersion: (version) => findVersion(known(), 'prompts', version),
    };
  }

  /** Loads the first, which is then served. Throws a `Failure` if it does not fit. */
  static async open(id: string, options: CataloguesOptions): Promise<Catalogues> {
    return new Catalogues(id, await options.load(id), options);
  }

  get served(): Pick<HeldCatalogue, 'id' | 'lists' | 'heldBack' | 'warnings' | 'tookMs'> {
    return this.#served;
  }

  /** Loads a generation beside the one that is served. Throws a `Failure` if it does not fit, and nothing has changed. */
  async prepare(id: string): Promise<void> {
    if (this.#served.id === id || this.#prepared.has(id)) return;
    const { load, prepareMsMax } = this.#options;
    using heeded = new DisposableStack();
    for (const heed of this.#loadingListeners) heeded.use(heed());
    const loading = load(id);
    try {
      const never = new AbortController().signal;
      const catalogue = await inTime('Loading', prepareMsMax, never, () => loading);
      this.#prepared.set(id, this.#hold(id, catalogue));
    } catch (error) {
      // Should it still come, it comes too late.
      loading.then((late) => late[Symbol.asyncDispose]()).catch(() => undefined);
      throw error;
    }
    const [oldest] = this.#prepared.keys();
    if (this.#prepared.size > PREPARED_MAX && oldest !== undefined) this.drop(oldest);
  }

  /** Serves what was prepared, from now on and whole. Throws a `Failure` (`conflict`) if it was not. */
  swap(id: string): void {
    if (this.#served.id === id) return;
    const next = this.#prepared.get(id);
    if (next === undefined) throw new Failure('conflict', `Generation ${id} is not prepared`);
    this.#prepared.delete(id);
    const before = this.#served;
    this.#served = next;
    this.#remember(before.lists);
    for (const heed of this.#listeners) heed('generation');
    this.#retire(before);
  }

  /** Forgets what was prepared. */
  drop(id: string): void {
    const dropped = this.#prepared.get(id);
    this.#prepared.delete(id);
    if (dropped !== undefined) this.#retire(dropped);
  }

  /** Calls `heed` when what is served is something else from now on, until what this returns is disposed of. */
  onServed(heed: (what: ServedChange) => void): Disposable {
    const listener: typeof heed = (what) => {
      heed(what);
    };
    this.#listeners.add(listener);
    return {
      [Symbol.dispose]: () => {
        this.#listeners.delete(listener);
      },
    };
  }

  /**
   * Calls `heed` when the modules of a generation are about to be loaded, and disposes of what that returns when they are, or are
   * not waited for any longer; until what this returns is disposed of.
   */
  onLoading(heed: () => Disposable): Disposable {
    const listener: typeof heed = () => heed();
    this.#loadingListeners.add(listener);
    return {
      [Symbol.dispose]: () => {
        this.#loadingListeners.delete(listener);
      },
    };
  }

  /** A way of calls on which nothing that a tool needs goes before its call has ended. */
  lend(callTool: CallTool): CallTool {
    return (registered, given, context, runCall) => {
      const work = (): ReturnType<CallTool> => callTool(registered, given, context, runCall);
      const owner = this.#owners.get(registered);
      return owner === undefined ? work() : owner.during(work);
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [this.#served, ...this.#prepared.values(), ...this.#retired];
    await Promise.all(all.map((held) => held[Symbol.asyncDispose]()));
  }

  #hold(id: string, catalogue: Catalogue): HeldCatalogue {
    const { pins, log } = this.#options;
    const held = new HeldCatalogue({
      id,
      catalogue,
      pins,
      log,
      onTools: (before, heldBackBefore) => {
        this.#own(held);
        if (held !== this.#served) return;
        this.#remember(before);
        const isListed = before.tools.version !== held.lists.tools.version;
        if (!isListed && isSame(heldBackBefore, held.heldBack)) return;
        for (const heed of this.#listeners) heed(isListed ? 'tools' : 'held-back');
      },
      onClosed: () => {
        this.#retired.delete(held);
      },
    });
    this.#own(held);
    return held;
  }

  #own(held: HeldCatalogue): void {
    for (const tool of held.lists.tools.tools) this.#owners.set(tool, held);
  }

  #retire(held: HeldCatalogue): void {
    this.#retired.add(held);
    held.retire();
  }

  #remember(lists: Lists): void {
    this.#past = [lists, ...this.#past].slice(0, PAST_MAX);
  }

  #known(): readonly Lists[] {
    const prepared = [...this.#prepared.values()].map(({ lists }) => lists);
    return [this.#served.lists, ...prepared, ...this.#past];
  }
}

function isSame(before: readonly RegisteredTool[], now: readonly RegisteredTool[]): boolean {
  return (
    before.length === now.length &&
    before.every(({ definition }, index) => definition === now[index]?.definition)
  );
}

function findVersion<Kind extends keyof Lists>(
  known: readonly Lists[],
  kind: Kind,
  version: string,
): Lists[Kind] | undefined {
  return known.find((lists) => lists[kind].version === version)?.[kind];
}
