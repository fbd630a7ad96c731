import { Failure } from '../../shared/errors.ts';
import type { Principal } from '../domain/principal.ts';
import type { Seal } from '../domain/seal.ts';
import type { Params } from '../protocol/frame.ts';

/** Entries on a page (server/utilities/pagination: the server decides). */
const PAGE_SIZE = 100;

/** What is on a page, and where the next begins. */
export interface Page<Entry> {
  readonly entries: readonly Entry[];
  /** Absent on the last page. */
  readonly nextCursor: string | undefined;
}

/**
 * One page of a list that is ordered by `keyOf`. A cursor is a place in that order, and so it stays good
 * when the list changes, and on every worker. It is of the one list and the one caller it was given to.
 */
export function pageOf<Entry>(
  list: readonly Entry[],
  { cursor }: Params,
  options: {
    readonly method: string;
    readonly caller: Principal;
    readonly seal: Seal;
    readonly keyOf: (entry: Entry) => string;
  },
): Page<Entry> {
  const { method, caller, seal, keyOf } = options;
  const bond = { purpose: 'cursor', to: `${method}\0${caller.id}` } as const;
  let rest = list;
  if (cursor !== undefined) {
    const after = typeof cursor === 'string' ? seal.open(cursor, bond) : undefined;
    if (typeof after !== 'string') throw new Failure('invalid', 'This cursor is not one of ours');
    rest = list.filter((entry) => keyOf(entry) > after);
  }
  const entries = rest.slice(0, PAGE_SIZE);
  const last = entries.at(-1);
  if (entries.length === rest.length || last === undefined)
    return { entries, nextCursor: undefined };
  return { entries, nextCursor: seal.close(keyOf(last), bond) };
}
