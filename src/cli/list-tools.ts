import { Failure } from '../shared/errors.ts';
import { openDatabase } from './database.ts';
import type { AskExit } from './exit-codes.ts';
import { findAdmin } from './find-admin.ts';
import { askServed, type ServedEntry } from './served-tools.ts';
import { attempt, printList, type Surroundings } from './surroundings.ts';
import { type Cell, NOTHING, plain } from './table.ts';

export interface ListToolsOptions {
  readonly json?: boolean;
  readonly url?: string;
}

/** What is offered, with whether agents see it. Absent is that where no database is found that says so. */
type ListedEntry = ServedEntry & { readonly heldBack?: boolean };

/** Prints what a running Holdfast offers to agents. Resolves with the exit code. */
export async function listTools(
  { json = false, url }: ListToolsOptions,
  surroundings: Surroundings,
): Promise<AskExit> {
  return attempt(surroundings, async () => {
    const { env, workingFolder } = surroundings;
    const entries = await askServed(findAdmin(url, env, workingFolder));
    const pinned = await findPinned(surroundings);
    const things = entries.map((entry): ListedEntry => {
      if (pinned === undefined || entry.kind !== 'tool') return entry;
      const approved = pinned.get(entry.name) ?? entry.definition;
      return { ...entry, heldBack: approved !== entry.definition };
    });
    const heading = ['NAME', 'KIND', 'SCOPE', 'STATE', 'SOURCE'];
    printList({ things, heading, rowOf }, surroundings, json);
  });
}

/** The definitions that were approved, by name. Nothing where that cannot be found out: what is offered is told all the same. */
async function findPinned(
  surroundings: Surroundings,
): Promise<ReadonlyMap<string, string> | undefined> {
  try {
    await using database = await openDatabase(surroundings);
    const { listPins } = await import('../worker/store/tool-pins.ts');
    const pins = await listPins(database.pool);
    return new Map(pins.map(({ name, definition }) => [name, definition]));
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function rowOf({ name, kind, scope, source, heldBack }: ListedEntry): readonly Cell[] {
  return [
    { text: plain(name) },
    { text: kind },
    { text: scope === null ? NOTHING : plain(scope) },
    heldBack === true ? { text: 'held back', format: 'yellow' } : { text: 'listed' },
    { text: plain(source) },
  ];
}
