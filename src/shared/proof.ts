/** What came of loading a generation, as whoever did it says, and operators read. */
import {
  isListOf,
  isNumber,
  isObject,
  isOneOf,
  isOptional,
  isShaped,
  isString,
  type Shaped,
} from './shape.ts';

const FAULT = {
  /** A path. Absent where it is no file's. */
  file: isOptional(isString),
  /** From 1. */
  line: isOptional(isNumber),
  column: isOptional(isNumber),
  /** The tool, resource or prompt. */
  subject: isOptional(isString),
  /** A sentence for the author. */
  message: isString,
} as const;
/** Something that is wrong with a file, or with what it defines. */
export type Fault = Shaped<typeof FAULT>;

const ENTRY = {
  kind: isOneOf(['tool', 'resource', 'prompt']),
  /** Of a resource its URI. */
  name: isString,
  description: isOptional(isString),
  scope: isOptional(isString),
  /** The file that it is defined in, or the server that it is mounted from. */
  source: isString,
  /** A hash of all that agents are told of it. */
  definition: isString,
  /** Of a tool all of that (MCP 2025-11-25, schema: `Tool`). */
  told: isOptional(isObject),
} as const;
/** One thing that agents are offered. */
export type ProofEntry = Shaped<typeof ENTRY>;

const PROOF = {
  generation: isString,
  /** Milliseconds since 1970, as is `tookMs` a number of them. */
  at: isNumber,
  tookMs: isNumber,
  entries: isListOf(isShaped(ENTRY)),
  /** Why it is not to be served. None, if it is fit. */
  faults: isListOf(isShaped(FAULT)),
  /** What its author should know, and agents can live with. */
  warnings: isListOf(isShaped(FAULT)),
} as const;
/** What came of loading a generation. */
export type Proof = Shaped<typeof PROOF>;
/** Whether a value from outside is one. */
export const isProof = isShaped(PROOF);

/** A fault as compilers write it, `file:line:column message`: terminals make links of it. */
export function sentenceOf({ file, line, column, message }: Fault): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  return place === '' ? message : `${place} ${message}`;
}
