/** Something an agent may have kept a copy of and should look at again: a list, or the contents of one resource. */
export type Change =
  | { readonly list: 'tools' | 'prompts' | 'resources' }
  | { readonly resource: string };

/** Tells of changes, whichever worker they were announced by. */
export interface Changes {
  /** Where the last change is in the log of them all: who was told of it has missed nothing. Absent while that is not known. */
  readonly position: string | undefined;
  /** `heed` is called for every change, until what this returns is disposed of. */
  listen(heed: (change: Change, position: string | undefined) => void): Disposable;
}

/** Reads a change as it was kept. */
export function parseChange(value: unknown): Change | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if ('list' in value) {
    const { list } = value;
    return list === 'tools' || list === 'prompts' || list === 'resources' ? { list } : undefined;
  }
  if (!('resource' in value) || typeof value.resource !== 'string') return undefined;
  return { resource: value.resource };
}
