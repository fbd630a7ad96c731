import type { Fault, Proof, ProofEntry } from '../shared/proof.ts';
import type { Lists } from './held-catalogue.ts';
import type { RegisteredTool } from './tools/registry.ts';

export interface ProofOptions {
  readonly generation: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly tookMs: number;
  readonly faults: readonly Fault[];
  readonly warnings: readonly Fault[];
  /** Tools that it has, and that are not on its lists. */
  readonly heldBack?: readonly RegisteredTool[];
  /** What a module throws may hold a secret. */
  readonly redact: (text: string) => string;
}

/** Enough to begin with: whoever mends them tries again. */
const FAULTS_MAX = 200;
const MESSAGE_LENGTH_MAX = 2_000;

/** Writes down what a generation offers. Of one that could not be loaded there is nothing to tell but why. */
export function proofOf(lists: Lists | undefined, options: ProofOptions): Proof {
  const { generation, at, tookMs, faults, warnings, heldBack = [], redact } = options;
  const shorten = (all: readonly Fault[]): readonly Fault[] =>
    all.slice(0, FAULTS_MAX).map(({ message, ...place }) => {
      return { ...place, message: redact(message).slice(0, MESSAGE_LENGTH_MAX) };
    });
  return {
    generation,
    at,
    tookMs,
    entries: lists === undefined ? [] : entriesOf(lists, heldBack),
    faults: shorten(faults),
    warnings: shorten(warnings),
  };
}

function entriesOf(
  { tools, resources, prompts }: Lists,
  heldBack: readonly RegisteredTool[],
): readonly ProofEntry[] {
  const all = [...tools.tools, ...heldBack];
  return [
    ...all.map(({ tool, listing, origin, definition }): ProofEntry => {
      const { name, description, scope } = tool;
      const { source } = origin;
      return { kind: 'tool', name, description, scope, source, definition, told: listing };
    }),
    ...[...resources.resources, ...resources.templates].map((entry): ProofEntry => {
      const { uri: name, description, scope } = entry.resource;
      return { kind: 'resource', name, description, scope, ...foundIn(entry) };
    }),
    ...prompts.prompts.map((entry): ProofEntry => {
      const { name, description, scope } = entry.prompt;
      return { kind: 'prompt', name, description, scope, ...foundIn(entry) };
    }),
  ];
}

function foundIn({ source, definition }: Pick<ProofEntry, 'source' | 'definition'>) {
  return { source, definition, told: undefined };
}
