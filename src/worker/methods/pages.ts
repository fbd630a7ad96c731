import { Failure } from '../../shared/errors.ts';
import { holdsScope, type Principal } from '../domain/principal.ts';
import type { Seal } from '../domain/seal.ts';
import type { Params } from '../protocol/frame.ts';
import type { Revision } from '../protocol/revisions.ts';
import { serialisedLengthOf, serialiseOnce } from '../protocol/serialise.ts';

/** Entries on a page (server/utilities/pagination: the server decides). */
const PAGE_SIZE = 100;
/** Pages that are kept: some for each revision, and for those who may see the same; and how long all of them may be, as JSON. */
const KEPT_MAX = 64;
const KEPT_LENGTH_MAX = 8_388_608;

/** What is on a page, and where the next begins. */
export interface Page {
  /** As agents are shown them. */
  readonly entries: readonly object[];
  /** Absent on the last page. */
  readonly nextCursor: string | undefined;
}

/** A list that may be another by the time the next page is asked for. */
export interface Versioned<List> {
  readonly version: string;
  /** This list as it was, or will be, with that version. Nothing where it is known no more, or not yet. */
  findVersion(version: string): List | undefined;
}

export interface PagesOptions<List, Entry> {
  readonly method: string;
  readonly seal: Seal;
  /** What a list holds, ordered by `keyOf`. */
  readonly entriesOf: (list: List) => readonly Entry[];
  readonly keyOf: (entry: Entry) => string;
  /** What a caller must hold to be shown an entry. */
  readonly scopeOf: (entry: Entry) => string | undefined;
  /** An entry as agents are shown it. */
  readonly show: (entry: Entry, revision: Revision) => object;
}

/** Who asks for a page, and in what words it is shown. */
interface Asking {
  readonly caller: Principal;
  readonly revision: Revision;
}

/** A page as it is kept: what it shows, and the key of its last entry if there are more. */
interface KeptPage {
  readonly version: string;
  readonly entries: readonly object[];
  readonly last: string | undefined;
}

/**
 * The pages of a list. A cursor is a place in one version of it, whichever worker it comes to: nobody is shown half of one and
 * half of another. It is of the one list and the one caller it was given to. A page is made, and serialised, once for all who
 * may see the same.
 */
export class Pages<List extends Versioned<List>, Entry> {
  readonly #options: PagesOptions<List, Entry>;
  /** The one that was not asked for the longest is first. */
  readonly #kept = new Map<string, KeptPage>();
  #keptLength = 0;
  /** Of the list that a page was made of last. */
  #version: string | undefined;

  constructor(options: PagesOptions<List, Entry>) {
    this.#options = options;
  }

  /** Throws a `Failure` (`invalid`) if the cursor is not one of ours, or of a version that is known no more. */
  pageOf(list: List, { cursor }: Params, asking: Asking): Page {
    const { method, seal } = this.#options;
    const bond = { purpose: 'cursor', to: `${method}\0${asking.caller.id}` } as const;
    const place =
      cursor === undefined ? undefined : openCursor(cursor, (text) => seal.open(text, bond));
    const from = place === undefined ? list : list.findVersion(place.version);
    if (from === undefined) {
      throw new Failure('invalid', 'This cursor is of a list that has changed since: begin anew');
    }
    const { entries, last } = this.#keptPageOf(from, place?.after, asking);
    const nextCursor = last === undefined ? undefined : seal.close([from.version, last], bond);
    return { entries, nextCursor };
  }

  #keptPageOf(list: List, after: string | undefined, asking: Asking): KeptPage {
    const view = viewOf(asking.caller);
    const key = [list.version, asking.revision, view, after ?? ''].join('\0');
    const page = this.#kept.get(key) ?? this.#cut(list, after, asking);
    if (this.#version !== list.version) this.#forgetVersions(list);
    this.#keep(key, page);
    return page;
  }

  /** What is shown of a list that is known no more would keep all that it is made of. */
  #forgetVersions(list: List): void {
    this.#version = list.version;
    for (const [key, { version }] of this.#kept) {
      if (list.findVersion(version) === undefined) this.#drop(key);
    }
  }

  #keep(key: string, page: KeptPage): void {
    this.#drop(key);
    this.#kept.set(key, page);
    this.#keptLength += serialisedLengthOf(page.entries);
    for (const [oldest] of this.#kept) {
      if (this.#kept.size <= KEPT_MAX && this.#keptLength <= KEPT_LENGTH_MAX) return;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#keptLength -= serialisedLengthOf(this.#kept.get(key)?.entries ?? []);
    this.#kept.delete(key);
  }

  #cut(list: List, after: string | undefined, { caller, revision }: Asking): KeptPage {
    const { entriesOf, keyOf, scopeOf, show } = this.#options;
    const rest = entriesOf(list).filter(
      (entry) =>
        holdsScope(caller, scopeOf(entry)) && (after === undefined || keyOf(entry) > after),
    );
    const entries = rest.slice(0, PAGE_SIZE);
    const last = entries.length === rest.length ? undefined : entries.at(-1);
    return {
      version: list.version,
      entries: serialiseOnce(entries.map((entry) => show(entry, revision))),
      last: last === undefined ? undefined : keyOf(last),
    };
  }
}

/** Scopes are looked at once: a caller has the same ones for as long as it is known. */
const views = new WeakMap<ReadonlySet<string>, string>();

/** All of a caller that a list depends on. */
function viewOf({ scopes }: Principal): string {
  if (scopes === 'all') return scopes;
  let view = views.get(scopes);
  if (view === undefined) {
    view = JSON.stringify([...scopes].toSorted());
    views.set(scopes, view);
  }
  return view;
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
