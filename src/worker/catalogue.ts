import type { DatabaseSource } from './domain/database.ts';
import { createPromptRegistry, type PromptRegistry } from './prompts/registry.ts';
import { createResourceRegistry, type ResourceRegistry } from './resources/registry.ts';
import { loadExports, type ToolSource } from './tools/load/module.ts';
import { createToolRegistry, type ToolRegistry } from './tools/registry.ts';

/** Everything that agents can be offered here. */
export interface Catalogue {
  readonly tools: ToolRegistry;
  readonly resources: ResourceRegistry;
  readonly prompts: PromptRegistry;
}

/** Loads what `MCP_TOOLS` names. Throws a `Failure` that names what does not fit. */
export async function loadCatalogue(
  sources: readonly ToolSource[],
  databaseOf: (schema: string) => DatabaseSource,
): Promise<Catalogue> {
  const loaded = await Promise.all(
    sources.map(async (source) => ({ ...(await loadExports(source)), schema: source.schema })),
  );
  // Each has a database of its own, so that none can take what is the others'.
  return {
    tools: createToolRegistry(
      loaded.flatMap(({ tools, schema }) =>
        tools.map((tool) => ({ tools: [tool], db: databaseOf(schema) })),
      ),
    ),
    resources: createResourceRegistry(
      loaded.flatMap(({ resources, schema }) =>
        resources.map((resource) => ({ resources: [resource], db: databaseOf(schema) })),
      ),
    ),
    prompts: createPromptRegistry(
      loaded.flatMap(({ prompts, schema }) =>
        prompts.map((prompt) => ({ prompts: [prompt], db: databaseOf(schema) })),
      ),
    ),
  };
}
