import { Failure } from '../../shared/errors.ts';
import type { DatabaseSource } from '../domain/database.ts';
import type { MirroredArgument } from '../domain/mirrored-argument.ts';
import { findMirrored } from './mirrored.ts';
import { type Check, SchemaCompiler } from './schema.ts';
import type { JsonSchema, Tool } from './tool.ts';

const NAME = /^[A-Za-z0-9_.-]{1,64}$/;

/** A tool that can be called, with what was made ready for it once. */
export interface RegisteredTool {
  readonly tool: Tool;
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
  readonly db: DatabaseSource;
  /** What callers over HTTP say in headers too. */
  readonly mirrored: readonly MirroredArgument[];
  readonly checkArguments: Check;
  readonly checkOutput: Check | undefined;
}

/** Every tool of this worker, ordered by name. */
export interface ToolRegistry {
  readonly tools: readonly RegisteredTool[];
  find(name: string): RegisteredTool | undefined;
}

/** Throws a `Failure` that names the tool if one has no proper name, a name twice, or no valid schema. */
export function createToolRegistry(
  sources: readonly { readonly tools: readonly Tool[]; readonly db: DatabaseSource }[],
): ToolRegistry {
  const compiler = new SchemaCompiler();
  const byName = new Map<string, RegisteredTool>();
  const taken = new Set<string>();
  for (const { tools, db } of sources) {
    for (const tool of tools) {
      if (!NAME.test(tool.name)) {
        throw new Failure('invalid', `The tool name "${tool.name}" does not match ${NAME.source}`);
      }
      // Whoever reads them, person or model, takes one that differs in case alone for the other.
      const alike = tool.name.toLowerCase();
      if (taken.has(alike)) {
        throw new Failure(
          'invalid',
          `Two tools have the name "${tool.name}", or one in other case`,
        );
      }
      taken.add(alike);
      byName.set(tool.name, register(tool, db, compiler));
    }
  }
  const tools = [...byName.values()].toSorted((a, b) => (a.tool.name < b.tool.name ? -1 : 1));
  return { tools, find: (name) => byName.get(name) };
}

function register(tool: Tool, db: DatabaseSource, compiler: SchemaCompiler): RegisteredTool {
  const { name, title, description, icons, inputSchema, outputSchema, annotations } = tool;
  // Every revision says so (server/tools), and a client that holds us to it would not take the list.
  if (inputSchema.type !== 'object') {
    throw new Failure('invalid', `The input of the tool "${name}" is not of the type "object"`);
  }
  return {
    tool,
    db,
    listing: { name, title, description, icons, inputSchema, outputSchema, annotations },
    mirrored: findMirrored(inputSchema, name),
    checkArguments: compiler.compile(inputSchema, 'arguments', name),
    checkOutput:
      outputSchema === undefined
        ? undefined
        : compiler.compile(outputSchema, `${name}'s output`, name),
  };
}
