import type { Catalogue } from '../../src/worker/catalogue.ts';
import type { Facilities } from '../../src/worker/domain/facilities.ts';
import type { ToolPins } from '../../src/worker/domain/tool-pin.ts';
import type { Prompt } from '../../src/worker/prompts/prompt.ts';
import { createPromptRegistry } from '../../src/worker/prompts/registry.ts';
import { createResourceRegistry } from '../../src/worker/resources/registry.ts';
import type { Resource } from '../../src/worker/resources/resource.ts';
import type { LiveTools } from '../../src/worker/tools/load/loaded.ts';
import { createToolRegistry } from '../../src/worker/tools/registry.ts';
import type { Tool } from '../../src/worker/tools/tool.ts';
import { entryOf, noFacilities } from './tools/tool-context.ts';

export interface Offered {
  readonly tools?: readonly Tool[];
  readonly resources?: readonly Resource[];
  readonly prompts?: readonly Prompt[];
  readonly live?: readonly LiveTools[];
  /** What tools work with. Nothing that answers, if it is not given. */
  readonly facilities?: Facilities | undefined;
}

/** A generation as if it had been found in a file. `closed` is called when it is disposed of. */
export function catalogueOf(
  { tools = [], resources = [], prompts = [], live = [], facilities = noFacilities }: Offered,
  closed: () => void = () => undefined,
): Catalogue {
  const found = { source: 'test.ts', facilities };
  return {
    gatherTools() {
      const coming = live.flatMap(({ tools: now }) => now);
      return createToolRegistry([...tools, ...coming].map((tool) => entryOf(tool, facilities)));
    },
    resources: createResourceRegistry(resources.map((resource) => ({ resource, ...found }))),
    prompts: createPromptRegistry(prompts.map((prompt) => ({ prompt, ...found }))),
    live,
    warnings: [],
    tookMs: 0,
    async [Symbol.asyncDispose]() {
      closed();
    },
  };
}

/** Nobody has approved anything. */
export const noPins: ToolPins = {
  isHeldBack: () => false,
  onChange: () => ({ [Symbol.dispose]: () => undefined }),
};
