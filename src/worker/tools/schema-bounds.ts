import { Failure } from '../../shared/errors.ts';
import type { JsonSchema } from '../domain/json-schema.ts';

/** What a schema holds, arrays and objects, its own and those of `enum` and `const`. */
const NODES_MAX = 4_096;
const DEPTH_MAX = 64;
/** What checking by a schema may cost beyond what looking at a value once does. */
export type Cost = 'plain' | 'steep';

/** Says what checking by a schema may cost. Throws a `Failure` if the schema itself is larger or deeper than any needs to be. */
export function weighSchema(schema: JsonSchema, tool: string): Cost {
  const level = { nodes: [schema] as unknown[], depth: 0 }; // whatever lies in a schema
  let count = 0;
  let cost: Cost = 'plain';
  while (level.nodes.length > 0) {
    const inner: unknown[] = [];
    for (const node of level.nodes) {
      if (typeof node !== 'object' || node === null) continue;
      count += 1;
      if (isSteep(node)) cost = 'steep';
      for (const value of Object.values(node)) inner.push(value);
    }
    if (count > NODES_MAX || level.depth > DEPTH_MAX) {
      throw new Failure(
        'invalid',
        `The tool "${tool}" has a schema of more than ${NODES_MAX} parts, or ${DEPTH_MAX} levels`,
      );
    }
    level.nodes = inner;
    level.depth += 1;
  }
  return cost;
}

/** `uniqueItems` compares all with all; a pattern may try all ways there are to divide a text. */
function isSteep(node: object): boolean {
  const { pattern, patternProperties, uniqueItems }: Record<string, unknown> = { ...node };
  const patterns = [pattern, ...Object.keys({ ...Object(patternProperties) })];
  return uniqueItems === true || patterns.some(isSteepPattern);
}

function isSteepPattern(pattern: unknown): boolean {
  if (typeof pattern !== 'string') return false;
  // Neither what is escaped nor what is in a class repeats anything.
  const bare = pattern.replace(/\\./g, 'x').replace(/\[[^\]]*\]/g, 'x');
  const open = bare.match(/[*+]|\{\d+,\d*\}/g)?.length ?? 0;
  if (open === 0) return false;
  // One alone, behind what begins at the beginning, is looked at once. Anything else begins anew at every character.
  const isAnchored = bare.startsWith('^') && !bare.includes('|');
  return open > 1 || !isAnchored || /\)(?:[*+]|\{)/.test(bare);
}
