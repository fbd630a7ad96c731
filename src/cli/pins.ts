import { Failure } from '../shared/errors.ts';
import type { ToolPin } from '../worker/domain/tool-pin.ts';
import { openDatabase } from './database.ts';
import type { AskExit } from './exit-codes.ts';
import { findAdmin } from './find-admin.ts';
import { askServed, type ServedEntry } from './served-tools.ts';
import { attempt, printList, type Surroundings } from './surroundings.ts';
import { type Cell, minuteOf, plain } from './table.ts';
import { toldChanges } from './told-changes.ts';

export interface PinToolsOptions {
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly url?: string;
}

export interface ListPinsOptions {
  readonly json?: boolean;
  readonly url?: string;
}

type PinState = keyof typeof FORMATS;
interface ListedPin {
  readonly name: string;
  readonly state: PinState;
  readonly pinnedAt: Date;
  /** What the tool tells of itself by now, and what it told when it was approved. */
  readonly changes: readonly string[];
}

const FORMATS = {
  'as approved': 'green',
  'held back': 'yellow',
  'not there any more': 'red',
  unknown: 'dim',
} as const;

/** Approves tools as they tell of themselves now, and says what has changed since they were last approved. */
export async function pinTools(
  names: readonly string[],
  { all = false, dryRun = false, url }: PinToolsOptions,
  surroundings: Surroundings,
): Promise<AskExit> {
  const { env, workingFolder, print, complain } = surroundings;
  return attempt(surroundings, async () => {
    if (all === names.length > 0) {
      throw new Failure('invalid', 'Name the tools that are approved, or say --all');
    }
    const wanted = pick(await askServed(findAdmin(url, env, workingFolder)), names);
    await using database = await openDatabase(surroundings);
    const { listPins, pinTool } = await import('../worker/store/tool-pins.ts');
    const { recordAdministration } = await import('../worker/store/administration.ts');
    const pinned = new Map((await listPins(database.pool)).map((pin) => [pin.name, pin]));
    for (const pin of wanted) print(`${sayPin(pinned.get(pin.name), pin).join('\n')}\n`);
    if (dryRun) {
      complain('Nothing was approved: this was a dry run.\n');
      return;
    }
    await database.transact(async (client) => {
      for (const pin of wanted) {
        if (pinned.get(pin.name)?.definition === pin.definition) continue;
        // oxlint-disable-next-line no-await-in-loop -- one connection, one statement at a time
        await pinTool(client, pin);
        // oxlint-disable-next-line no-await-in-loop -- as above
        await recordAdministration(client, { action: 'tools pin', subject: pin.name });
      }
    });
    complain('Workers know of it within a few seconds.\n');
  });
}

/** Lets a tool be whatever it tells. */
export async function unpinTools(name: string, surroundings: Surroundings): Promise<AskExit> {
  return attempt(surroundings, async () => {
    await using database = await openDatabase(surroundings);
    const { unpinTool } = await import('../worker/store/tool-pins.ts');
    const { recordAdministration } = await import('../worker/store/administration.ts');
    await database.transact(async (client) => {
      if (!(await unpinTool(client, name))) {
        throw new Failure('invalid', `The tool ${plain(name)} is not pinned`);
      }
      await recordAdministration(client, { action: 'tools unpin', subject: name });
    });
    surroundings.complain(`${name} is not pinned any more, and listed whatever it tells.\n`);
  });
}

/** Prints the pins that there are, and whether tools are still as they were approved. */
export async function listPinned(
  { json = false, url }: ListPinsOptions,
  surroundings: Surroundings,
): Promise<AskExit> {
  return attempt(surroundings, async () => {
    await using database = await openDatabase(surroundings);
    const { listPins } = await import('../worker/store/tool-pins.ts');
    const pins = await listPins(database.pool);
    const served = await findServed(url, surroundings);
    const things = pins.map(({ name, definition, told, pinnedAt }): ListedPin => {
      const state = stateOf(definition, name, served);
      const now = served?.get(name)?.told;
      return { name, state, pinnedAt, changes: now ? toldChanges(told, now) : [] };
    });
    const heading = ['NAME', 'STATE', 'APPROVED', 'CHANGES'];
    printList({ things, heading, rowOf }, surroundings, json);
  });
}

/** What is offered, by name. Nothing where nobody says: the pins are told all the same. */
async function findServed(
  url: string | undefined,
  { env, workingFolder, complain }: Surroundings,
): Promise<ReadonlyMap<string, ServedEntry> | undefined> {
  try {
    const entries = await askServed(findAdmin(url, env, workingFolder));
    return new Map(entries.flatMap((entry) => (isTool(entry) ? [[entry.name, entry]] : [])));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    complain(`holdfast: ${error.message}.\n`);
    return undefined;
  }
}

function stateOf(
  definition: string,
  name: string,
  served: ReadonlyMap<string, ServedEntry> | undefined,
): PinState {
  if (served === undefined) return 'unknown';
  const entry = served.get(name);
  if (entry === undefined) return 'not there any more';
  return entry.definition === definition ? 'as approved' : 'held back';
}

/** The tools of those names, or all. */
function pick(entries: readonly ServedEntry[], names: readonly string[]): readonly ToolPin[] {
  const tools = entries.filter(isTool);
  const missing = names.find((name) => !tools.some((tool) => tool.name === name));
  if (missing !== undefined) {
    throw new Failure('invalid', `There is no tool ${plain(missing)}`, {
      remedy: 'See "holdfast tools list".',
    });
  }
  const wanted = names.length === 0 ? tools : tools.filter(({ name }) => names.includes(name));
  return wanted.map(({ name, definition, told }) => ({ name, definition, told: told ?? {} }));
}

function isTool({ kind }: ServedEntry): boolean {
  return kind === 'tool';
}

function sayPin(before: ToolPin | undefined, pin: ToolPin): readonly string[] {
  const name = plain(pin.name);
  if (before === undefined) return [`${name}: approved for the first time`];
  if (before.definition === pin.definition) return [`${name}: as it was approved`];
  return [`${name}: changed`, ...toldChanges(before.told, pin.told).map((line) => `  ${line}`)];
}

function rowOf({ name, state, pinnedAt, changes }: ListedPin): readonly Cell[] {
  return [
    { text: plain(name) },
    { text: state, format: FORMATS[state] },
    { text: minuteOf(pinnedAt) },
    { text: changes.join('  ') },
  ];
}
