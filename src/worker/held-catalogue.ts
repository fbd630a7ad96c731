import type { Logger } from '../shared/logger.ts';
import type { Fault } from '../shared/proof.ts';
import type { Catalogue } from './catalogue.ts';
import type { ToolPins } from './domain/tool-pin.ts';
import type { PromptRegistry } from './prompts/registry.ts';
import type { ResourceRegistry } from './resources/registry.ts';
import { type RegisteredTool, type ToolRegistry, toolRegistryOf } from './tools/registry.ts';

/** What agents are shown of a generation. */
export interface Lists {
  readonly tools: ToolRegistry;
  readonly resources: ResourceRegistry;
  readonly prompts: PromptRegistry;
}

export interface HeldCatalogueOptions {
  readonly id: string;
  /** Taken over, and disposed of in the end. */
  readonly catalogue: Catalogue;
  /** What operators approved: tools that tell something else by now are not shown. */
  readonly pins: ToolPins;
  /** Called when its tools are others, with the lists and what was held back as they were before. */
  readonly onTools: (before: Lists, heldBackBefore: readonly RegisteredTool[]) => void;
  readonly onClosed: () => void;
  readonly log: Logger;
}

/** A generation that is loaded, until nobody needs it any more: it goes when it is let go of and its last call has ended. */
export class HeldCatalogue implements AsyncDisposable {
  readonly id: string;
  readonly #options: HeldCatalogueOptions;
  readonly #listening = new DisposableStack();
  #lists: Lists;
  #heldBack: readonly RegisteredTool[] = [];
  #calls = 0;
  #isRetired = false;
  #closed: Promise<void> | undefined;

  constructor(options: HeldCatalogueOptions) {
    const { id, catalogue, pins } = options;
    const { resources, prompts, live } = catalogue;
    this.id = id;
    this.#options = options;
    this.#lists = { tools: this.#approved(catalogue.gatherTools()), resources, prompts };
    for (const source of [...live, pins]) {
      this.#listening.use(
        source.onChange(() => {
          this.#gather();
        }),
      );
    }
  }

  get lists(): Lists {
    return this.#lists;
  }

  /** Tools that are not shown, for they are not as they were approved. */
  get heldBack(): readonly RegisteredTool[] {
    return this.#heldBack;
  }

  /** What its authors should know. */
  get warnings(): readonly Fault[] {
    return this.#options.catalogue.warnings;
  }

  /** How long it took to load. */
  get tookMs(): number {
    return this.#options.catalogue.tookMs;
  }

  /** Does the work of a call, and stays meanwhile. */
  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#calls += 1;
    try {
      return await work();
    } finally {
      this.#calls -= 1;
      if (this.#isRetired && this.#calls === 0) void this.#close();
    }
  }

  /** Nobody is to begin a call any more. */
  retire(): void {
    this.#isRetired = true;
    this.#listening.dispose();
    if (this.#calls === 0) void this.#close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#listening.dispose();
    return this.#close();
  }

  #close(): Promise<void> {
    this.#closed ??= this.#disposeOf();
    return this.#closed;
  }

  async #disposeOf(): Promise<void> {
    const { catalogue, onClosed } = this.#options;
    await catalogue[Symbol.asyncDispose]();
    onClosed();
  }

  /** Leaves out what is not as it was approved, and says so once. */
  #approved(gathered: ToolRegistry): ToolRegistry {
    const { id, pins, log } = this.#options;
    const isHeldBack = ({ tool, definition }: RegisteredTool): boolean =>
      pins.isHeldBack(tool.name, definition);
    const before = new Set(this.#heldBack.map(({ definition }) => definition));
    this.#heldBack = gathered.tools.filter(isHeldBack);
    for (const { tool, origin, definition } of this.#heldBack) {
      if (before.has(definition)) continue;
      const { source } = origin;
      log.warn('tool is held back until it is approved', {
        tool: tool.name,
        source,
        generation: id,
      });
    }
    if (this.#heldBack.length === 0) return gathered;
    return toolRegistryOf(gathered.tools.filter((registered) => !isHeldBack(registered)));
  }

  #gather(): void {
    const { catalogue, onTools } = this.#options;
    const before = this.#lists;
    const heldBackBefore = this.#heldBack;
    this.#lists = { ...before, tools: this.#approved(catalogue.gatherTools()) };
    onTools(before, heldBackBefore);
  }
}
