import { Failure } from '../../shared/errors.ts';
import { definitionOf } from '../../shared/fingerprint.ts';
import { findFlawWithin } from '../authoring/text-flaw.ts';
import type { Facilities } from '../domain/facilities.ts';
import type { JsonSchema } from '../domain/json-schema.ts';
import type { MirroredArgument } from '../domain/mirrored-argument.ts';
import { type Caching, findCaching } from './caching.ts';
import { findMirrored } from './mirrored.ts';
import { type Check, SchemaCompiler } from './schema.ts';
import type { Tool } from './tool.ts';
import { assertSettings } from './tool-settings.ts';

const NAME = /^[A-Za-z0-9_.-]{1,64}$/;

/** Where a tool was found, so that it can be found again by another thread. */
interface ToolOrigin {
  /** The file that defines it, or the name of the server that it is mounted from. */
  readonly source: string;
  /** A hash of all that was loaded with it: another version may answer otherwise. */
  readonly version: string;
  /** What the file exports it as. Absent where it is no export. */
  readonly exportName: string | undefined;
  /** Where the copy of the file is that was loaded. Absent where it is no file. */
  readonly keptAt?: string;
}

/** What a registry is made of. */
export interface ToolEntry {
  readonly tool: Tool;
  readonly origin: ToolOrigin;
  readonly facilities: Facilities;
}

/** A tool that can be called, with what was made ready for it once. */
export interface RegisteredTool extends ToolEntry {
  /** The tool as `tools/list` shows it (schema: `Tool`). */
  readonly listing: {
    readonly name: string;
    readonly title: string | undefined;
    readonly description: string;
    readonly icons: Tool['icons'];
    readonly inputSchema: JsonSchema;
    readonly outputSchema: JsonSchema | undefined;
    readonly annotations: Tool['annotations'];
  };
  /** A hash of the listing. */
  readonly definition: string;
  /** What callers over HTTP say in headers too. */
  readonly mirrored: readonly MirroredArgument[];
  readonly checkArguments: Check;
  readonly checkOutput: Check | undefined;
  /** Absent where each call is run. */
  readonly caching: Caching | undefined;
}

/** Every tool of this worker, ordered by name. */
export interface ToolRegistry {
  readonly tools: readonly RegisteredTool[];
  /** A hash of what is listed for whom: the same on every worker that lists the same. */
  readonly version: string;
  find(name: string): RegisteredTool | undefined;
  /** The tools as they were, or will be, with that version. Nothing where they are known no more, or not yet. */
  findVersion(version: string): ToolRegistry | undefined;
}

/** Throws a `Failure` that names the tool if one has no proper name, a name twice, no valid schema, or is cached though it may not be. */
export function createToolRegistry(entries: readonly ToolEntry[]): ToolRegistry {
  const compiler = new SchemaCompiler({ isProved: false });
  return toolRegistryOf(entries.map((entry) => registerTool(entry, compiler)));
}

/** Of tools that are ready. Throws a `Failure` that names the tool if two have the same name. */
export function toolRegistryOf(registered: readonly RegisteredTool[]): ToolRegistry {
  const byName = new Map<string, RegisteredTool>();
  const taken = new Set<string>();
  for (const entry of registered) {
    const { name } = entry.tool;
    // Whoever reads them, person or model, takes one that differs in case alone for the other.
    const alike = name.toLowerCase();
    if (taken.has(alike)) {
      throw new Failure('invalid', `Two tools have the name "${name}", or one in other case`);
    }
    taken.add(alike);
    byName.set(name, entry);
  }
  const tools = [...byName.values()].toSorted((a, b) => (a.tool.name < b.tool.name ? -1 : 1));
  const version = definitionOf(tools.map(({ definition, tool }) => [definition, tool.scope]));
  const registry: ToolRegistry = {
    tools,
    version,
    find: (name) => byName.get(name),
    findVersion: (asked) => (asked === version ? registry : undefined),
  };
  return registry;
}

/** Makes one tool ready. Throws a `Failure` that names it if it has no proper name, or no valid schema. */
export function registerTool(entry: ToolEntry, compiler: SchemaCompiler): RegisteredTool {
  const { tool, origin } = entry;
  return { ...entry, ...readyTool(tool, compiler), caching: findCaching(tool, origin) };
}

/** Makes ready what calls of a tool need, wherever it comes from. Throws as `registerTool` does. */
export function readyTool(
  tool: Tool,
  compiler: SchemaCompiler,
): Omit<RegisteredTool, keyof ToolEntry | 'caching'> {
  const { name, title, description, icons, inputSchema, outputSchema, annotations } = tool;
  if (!NAME.test(name)) {
    throw new Failure('invalid', `The tool name "${name}" does not match ${NAME.source}`);
  }
  // Every revision says so (server/tools), and a client that holds us to it would not take the list.
  if (inputSchema.type !== 'object') {
    throw new Failure('invalid', `The input of the tool "${name}" is not of the type "object"`);
  }
  assertSettings(tool);
  const listing = { name, title, description, icons, inputSchema, outputSchema, annotations };
  const flaw = findFlawWithin(listing);
  if (flaw !== undefined) throw new Failure('invalid', `The tool "${name}": ${flaw}`);
  return {
    listing,
    mirrored: findMirrored(inputSchema, name),
    checkArguments: compiler.compile(inputSchema, 'arguments', name),
    checkOutput:
      outputSchema === undefined
        ? undefined
        : compiler.compile(outputSchema, `${name}'s output`, name),
    // Only now it is known not to be too deep.
    definition: definitionOf(listing),
  };
}
