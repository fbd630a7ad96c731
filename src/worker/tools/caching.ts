import { hash } from 'node:crypto';

import { Failure } from '../../shared/errors.ts';
import type { Tool } from './tool.ts';

/** How the answers of a tool are kept, made ready once. */
export interface Caching {
  readonly ttlMs: number;
  readonly staleMs: number;
  readonly isPublic: boolean;
  /** A hash of the tool as it is defined, and of the file that it came from: another generation keeps its own. */
  readonly generation: string;
}

/** What is older than a day is better asked for again. */
export const CACHE_MS_MAX = 86_400_000;

/** Throws a `Failure` that tells the author why, if the answers of a tool may not be kept as it says. */
export function findCaching(
  tool: Tool,
  { source, version }: { readonly source: string; readonly version: string },
): Caching | undefined {
  const { name, cache: policy, annotations, run: _run, selfTest: _selfTest, ...definition } = tool;
  if (policy === undefined) return undefined;
  const { ttlMs, staleMs, public: isPublic = false } = policy;
  // A kept answer stands for a call that is not made.
  if (annotations?.readOnlyHint !== true) {
    throw refused(name, 'needs annotations.readOnlyHint, which says that a call changes nothing');
  }
  if (!isTime(ttlMs)) throw refused(name, `needs a ttlMs from 1 to ${CACHE_MS_MAX}`);
  if (staleMs !== undefined && !isTime(staleMs)) {
    throw refused(name, `needs a staleMs from 1 to ${CACHE_MS_MAX}, or none`);
  }
  // Of what JavaScript takes for true, much was meant otherwise.
  if (typeof isPublic !== 'boolean') throw refused(name, 'needs a public that is true or false');
  const defined = [name, source, version, annotations, policy, definition];
  const generation = hash('sha256', JSON.stringify(defined), 'base64url');
  return { ttlMs, staleMs: staleMs ?? 0, isPublic, generation };
}

function isTime(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= CACHE_MS_MAX;
}

function refused(name: string, what: string): Failure {
  return new Failure('invalid', `The cache of the tool "${name}" ${what}`);
}
