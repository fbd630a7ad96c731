import type { Proof, ProofEntry } from '../../shared/proof.ts';

/** What of that agents can list. */
export type ListName = 'tools' | 'resources' | 'prompts';

const LIST_NAMES: readonly ListName[] = ['tools', 'resources', 'prompts'];

const LIST_OF: Readonly<Record<ProofEntry['kind'], ListName>> = {
  tool: 'tools',
  resource: 'resources',
  prompt: 'prompts',
};

/** Says which lists agents would read differently. Without knowing what they read before, all of them. */
export function changedLists(before: Proof | undefined, after: Proof | undefined): ListName[] {
  if (before === undefined || after === undefined) return [...LIST_NAMES];
  return LIST_NAMES.filter((list) => contentOf(before, list) !== contentOf(after, list));
}

/** All that agents are told in a list, and who may know of it. */
function contentOf({ entries }: Proof, list: ListName): string {
  const lines = entries
    .filter(({ kind }) => LIST_OF[kind] === list)
    .map(({ name, scope, definition }) => JSON.stringify([name, scope ?? null, definition]));
  return lines.toSorted().join('\n');
}
