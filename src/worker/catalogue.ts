import { setImmediate } from 'node:timers/promises';

import { Failure } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import type { Fault } from '../shared/proof.ts';
import type { Facilities } from './domain/facilities.ts';
import { createPromptRegistry, type PromptEntry, type PromptRegistry } from './prompts/registry.ts';
import {
  createResourceRegistry,
  type ResourceEntry,
  type ResourceRegistry,
} from './resources/registry.ts';
import { LoadFailure } from './tools/load/load-failure.ts';
import { loadFile } from './tools/load/load-file.ts';
import type { LiveTools, Loaded, LoadOptions } from './tools/load/loaded.ts';
import { holdModules } from './tools/load/module.ts';
import type { SourceFile, ToolSource } from './tools/load/source.ts';
import {
  type RegisteredTool,
  registerTool,
  type ToolEntry,
  type ToolRegistry,
  toolRegistryOf,
} from './tools/registry.ts';
import { SchemaCompiler } from './tools/schema.ts';

/** Everything that a generation offers to agents. Whoever disposes of it lets go of the servers that it mounts. */
export interface Catalogue extends AsyncDisposable {
  /** Its tools as they are now. */
  readonly gatherTools: () => ToolRegistry;
  readonly resources: ResourceRegistry;
  readonly prompts: PromptRegistry;
  /** Where tools come from that may be others while they are served. */
  readonly live: readonly LiveTools[];
  /** What authors should know. */
  readonly warnings: readonly Fault[];
  /** How long it took to load. */
  readonly tookMs: number;
}

export interface LoadCatalogueOptions extends LoadOptions {
  /** Makes what one tool works with: a new one for each, so that none can take what is the others'. */
  readonly facilitiesOf: (schema: string, name: string) => Facilities;
  /** Whether all of it is known to fit: what only calls need is then made when they come. */
  readonly isProved: boolean;
  /** Told of each file before it is loaded. */
  readonly onFile?: (path: string) => void;
}

interface LoadedFile extends Loaded {
  readonly file: SourceFile;
  readonly facilitiesOf: (name: string) => Facilities;
}

/**
 * Loads what a generation holds. Throws a `LoadFailure` with all that does not fit. Calls go on meanwhile: it holds
 * them up no longer than one file takes, or one schema.
 */
export async function loadCatalogue(
  sources: readonly ToolSource[],
  options: LoadCatalogueOptions,
): Promise<Catalogue> {
  const beganAt = performance.now();
  const failures: LoadFailure[] = [];
  await using opened = new AsyncDisposableStack();
  for (const { version } of sources) opened.use(holdModules(version));
  const loaded = await loadAll(sources, options, failures);
  const live = loaded.flatMap(({ live: of = [] }) => of);
  for (const tools of live) opened.use(tools);
  LoadFailure.throwAny(failures);

  const compiler = new SchemaCompiler(options);
  const fixed = await registerAll(loaded.flatMap(fixedEntriesOf), compiler, failures);
  const gatherTools = (): ToolRegistry => gather(fixed, loaded.flatMap(liveEntriesOf), options.log);
  const resources = attempt(failures, createResourceRegistry, loaded.flatMap(resourcesOf));
  const prompts = attempt(failures, createPromptRegistry, loaded.flatMap(promptsOf));
  try {
    gatherTools();
  } catch (error) {
    failures.push(LoadFailure.of(error));
  }
  LoadFailure.throwAny(failures);
  const kept = opened.move();
  return {
    gatherTools,
    resources,
    prompts,
    live,
    warnings: loaded.flatMap(({ warnings = [] }) => warnings),
    tookMs: Math.round(performance.now() - beganAt),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function loadAll(
  sources: readonly ToolSource[],
  options: LoadCatalogueOptions,
  failures: LoadFailure[],
): Promise<readonly LoadedFile[]> {
  const loaded: LoadedFile[] = [];
  for (const { files, schema } of sources) {
    const facilitiesOf = (name: string): Facilities => options.facilitiesOf(schema, name);
    for (const file of files) {
      options.onFile?.(file.path);
      try {
        // oxlint-disable-next-line no-await-in-loop -- all at once would be one long block
        loaded.push({ ...(await loadFile(file, options)), file, facilitiesOf });
      } catch (error) {
        failures.push(LoadFailure.of(error, file.path));
      }
      // oxlint-disable-next-line no-await-in-loop -- what waits comes first
      await setImmediate();
    }
  }
  return loaded;
}

async function registerAll(
  entries: readonly ToolEntry[],
  compiler: SchemaCompiler,
  failures: LoadFailure[],
): Promise<readonly RegisteredTool[]> {
  const registered: RegisteredTool[] = [];
  for (const entry of entries) {
    try {
      registered.push(registerTool(entry, compiler));
    } catch (error) {
      failures.push(LoadFailure.of(error, entry.origin.source, entry.tool.name));
    }
    // oxlint-disable-next-line no-await-in-loop -- what waits comes first
    await setImmediate();
  }
  return registered;
}

/** Puts together what files define and what others offer. What of theirs does not fit is left out: it is no reason to stay without the rest. */
function gather(
  fixed: readonly RegisteredTool[],
  coming: readonly ToolEntry[],
  log: Logger,
): ToolRegistry {
  const compiler = new SchemaCompiler({ isProved: false });
  const taken = new Set(fixed.map(({ tool }) => tool.name.toLowerCase()));
  const fitting = coming.flatMap((entry) => {
    const { tool, origin } = entry;
    const name = tool.name.toLowerCase();
    try {
      if (taken.has(name)) throw new Failure('conflict', 'Its name is taken');
      const registered = registerTool(entry, compiler);
      taken.add(name);
      return [registered];
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const { message: reason } = error;
      log.warn('mounted tool is left out', { tool: tool.name, server: origin.source, reason });
      return [];
    }
  });
  return toolRegistryOf([...fixed, ...fitting]);
}

/** What is made of the entries; of none, if they do not fit together. */
function attempt<Entry, Made>(
  failures: LoadFailure[],
  make: (entries: readonly Entry[]) => Made,
  entries: readonly Entry[],
): Made {
  try {
    return make(entries);
  } catch (error) {
    failures.push(LoadFailure.of(error));
    return make([]);
  }
}

function fixedEntriesOf({ tools = [], file, facilitiesOf }: LoadedFile): readonly ToolEntry[] {
  const { path: source, version, keptAt } = file;
  return tools.map(({ tool, exportName }) => ({
    tool,
    origin: { source, version, exportName, keptAt },
    facilities: facilitiesOf(tool.name),
  }));
}

function liveEntriesOf({ live = [], file, facilitiesOf }: LoadedFile): readonly ToolEntry[] {
  const { version } = file;
  return live.flatMap(({ source, tools }) =>
    tools.map((tool) => ({
      tool,
      origin: { source, version, exportName: undefined },
      facilities: facilitiesOf(tool.name),
    })),
  );
}

function resourcesOf({ resources = [], file, facilitiesOf }: LoadedFile): readonly ResourceEntry[] {
  return resources.map((resource) => {
    return { resource, source: file.path, facilities: facilitiesOf(resource.uri) };
  });
}

function promptsOf({ prompts = [], file, facilitiesOf }: LoadedFile): readonly PromptEntry[] {
  return prompts.map((prompt) => {
    return { prompt, source: file.path, facilities: facilitiesOf(prompt.name) };
  });
}
