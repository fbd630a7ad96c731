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

/** A list that may be another by the time the next page is asked for. */
export interface Versioned<List> {
  readonly version: string;
  /** This list as it was, or will be, with that version. Nothing where it is known no more, or not yet. */
  findVersion(version: string): List | undefined;
}

export interface PageOptions<List, Entry> {
  readonly method: string;
  readonly caller: Principal;
  readonly seal: Seal;
  /** What of a list there is for the caller, ordered by `keyOf`. */
  readonly entriesOf: (list: List) => readonly Entry[];
  readonly keyOf: (entry: Entry) => string;
}

/**
 * One page of a list. A cursor is a place in one version of it, whichever worker it comes to: nobody is shown half of one and
 * half of another. It is of the one list and the one caller it was given to.
 */
export function pageOf<List extends Versioned<List>, Entry>(
  list: List,
  { cursor }: Params,
  { method, caller, seal, entriesOf, keyOf }: PageOptions<List, Entry>,
): Page<Entry> {
  const bond = { purpose: 'cursor', to: `${method}\0${caller.id}` } as const;
  const place =
    cursor === undefined ? undefined : openCursor(cursor, (text) => seal.open(text, bond));
  const from = place === undefined ? list : list.findVersion(place.version);
  if (from === undefined) {
    throw new Failure('invalid', 'This cursor is of a list that has changed since: begin anew');
  }
  const rest = entriesOf(from).filter((entry) => place === undefined || keyOf(entry) > place.after);
  const entries = rest.slice(0, PAGE_SIZE);
  const last = entries.at(-1);
  if (entries.length === rest.length || last === undefined)
    return { entries, nextCursor: undefined };
  return { entries, nextCursor: seal.close([from.version, keyOf(last)], bond) };
}

function openCursor(
  cursor: unknown,
  open: (cursor: string) => unknown,
): { readonly version: string; readonly after: string } {
  const opened = typeof cursor === 'string' ? open(cursor) : undefined;
  const [version, after]: readonly unknown[] = Array.isArray(opened) ? opened : [];
  if (typeof version === 'string' && typeof after === 'string') return { version, after };
  throw new Failure('invalid', 'This cursor is not one of ours');
}
