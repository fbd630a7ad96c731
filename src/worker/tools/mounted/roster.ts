import { hash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { Failure } from '../../../shared/errors.ts';
import type { MirroredArgument } from '../../domain/mirrored-argument.ts';
import { findMirrored } from '../mirrored.ts';
import { readyTool } from '../registry.ts';
import { SchemaCompiler } from '../schema.ts';
import { defineTool, type Tool } from '../tool.ts';
import { LISTED_MAX } from './link.ts';
import {
  annotationsOf,
  findListed,
  iconsOf,
  type ListedTool,
  needsTask,
  titleOf,
} from './listed-tool.ts';
import { modernSchema } from './schema-dialect.ts';
import type { MountedServer } from './server.ts';

/** Makes what calls a tool, by the name that its server gives it. */
export type CallMounted = (name: string, mirrored: readonly MirroredArgument[]) => Tool['run'];

/** A tool that is not served, and why, in a sentence. */
export interface LeftOut {
  /** As its server calls it. */
  readonly name: string;
  readonly message: string;
}

/** What came of a list. */
export interface Adopted {
  /** Whether there are others now than before. */
  readonly isChanged: boolean;
  /** Those that were not left out before as well. */
  readonly leftOut: readonly LeftOut[];
}

/** How many are looked at before others have their turn: each has a schema to compile. */
const TURN = 8;
const NAME_LENGTH_MAX = 100;
/** What may be said of one tool, and of all of a server, its schemas included: models read it all. */
const TOOL_LENGTH_MAX = 65_536;
const ALL_LENGTH_MAX = 4_194_304;

/** The tools that are made of what a server lists. One that does not fit is left out, and takes no other with it. */
export class Roster {
  readonly #server: MountedServer;
  readonly #callOf: CallMounted;
  /** By a hash of what was listed: what is listed as before is the tool that it was. */
  #made = new Map<string, Tool | LeftOut>();
  #tools: readonly Tool[] = [];

  constructor(server: MountedServer, callOf: CallMounted) {
    this.#server = server;
    this.#callOf = callOf;
  }

  get tools(): readonly Tool[] {
    return this.#tools;
  }

  /** There are none any more, until there is another list. */
  clear(): void {
    this.#tools = [];
  }

  async adopt(all: readonly unknown[]): Promise<Adopted> {
    const compiler = new SchemaCompiler({ isProved: false });
    const made = new Map<string, Tool | LeftOut>();
    const byName = new Map<string, Tool>();
    const leftOut: LeftOut[] = [];
    let length = 0;
    for (const [index, one] of all.slice(0, LISTED_MAX).entries()) {
      if (index % TURN === TURN - 1) await nextTurn();
      const text = JSON.stringify(one);
      const key = hash('sha256', text);
      const known = this.#made.get(key);
      const tool = known ?? this.#make(one, text.length, compiler);
      if (tool === undefined) continue;
      made.set(key, tool);
      if ('message' in tool) {
        if (known === undefined) leftOut.push(tool);
        continue;
      }
      length += text.length;
      const refusal = refusalOf(tool, byName, length);
      if (refusal === undefined) byName.set(alike(tool), tool);
      else if (known === undefined) leftOut.push(refusal);
    }
    if (all.length > LISTED_MAX) {
      leftOut.push({ name: '', message: `lists more than ${LISTED_MAX} tools` });
    }
    const tools = [...byName.values()];
    const before = new Set(this.#tools);
    const isChanged = tools.length !== before.size || tools.some((tool) => !before.has(tool));
    this.#made = made;
    this.#tools = tools;
    return { isChanged, leftOut };
  }

  /** Nothing, if it is not asked for. */
  #make(one: unknown, length: number, compiler: SchemaCompiler): Tool | LeftOut | undefined {
    const listed = findListed(one);
    if (listed === undefined) return { name: '', message: 'lists something that is no tool' };
    const { tools: wanted } = this.#server;
    if (wanted?.has(listed.name) === false) return undefined;
    const name = listed.name.slice(0, NAME_LENGTH_MAX);
    if (length > TOOL_LENGTH_MAX) {
      return { name, message: `is described in more than ${TOOL_LENGTH_MAX} characters` };
    }
    if (needsTask(listed)) return { name, message: 'can only be called as a task' };
    try {
      const tool = this.#define(listed);
      readyTool(tool, compiler);
      return tool;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return { name, message: error.message };
    }
  }

  #define(listed: ListedTool): Tool {
    const { name, description, inputSchema, outputSchema } = listed;
    const { prefix, scope, timeoutMs } = this.#server;
    const title = titleOf(listed);
    const icons = iconsOf(listed);
    const annotations = annotationsOf(listed);
    const input = modernSchema(inputSchema);
    return defineTool({
      name: `${prefix}${name}`,
      description: description ?? title ?? name,
      input,
      ...(title === undefined ? {} : { title }),
      ...(icons === undefined ? {} : { icons }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(scope === undefined ? {} : { scope }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(outputSchema === undefined ? {} : { output: modernSchema(outputSchema) }),
      run: this.#callOf(name, findMirrored(input, name)),
    });
  }
}

function refusalOf(
  tool: Tool,
  byName: ReadonlyMap<string, Tool>,
  length: number,
): LeftOut | undefined {
  const { name } = tool;
  if (byName.has(alike(tool))) return { name, message: 'is there twice' };
  if (length <= ALL_LENGTH_MAX) return undefined;
  return { name, message: `comes after ${ALL_LENGTH_MAX} characters of others` };
}

/** Names that differ in case alone are one to whoever reads them. */
function alike({ name }: Tool): string {
  return name.toLowerCase();
}
