import { Failure } from '../shared/errors.ts';
import { AskExit, askExitOf } from './exit-codes.ts';
import { type Cell, type Paint, table } from './table.ts';

/** Where a command runs. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly workingFolder: string;
  /** Data, and nothing else. */
  readonly print: (text: string) => void;
  readonly complain: (text: string) => void;
  /** How wide the terminal is. Absent: what is printed is for a program. */
  readonly columns: number | undefined;
  readonly paint: Paint;
}

/** Does what a command is for, and says what it failed at. Resolves with the exit code. */
export async function attempt(
  { complain }: Surroundings,
  work: () => Promise<void>,
): Promise<AskExit> {
  try {
    await work();
    return AskExit.Answered;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { message, remedy } = error;
    complain(`holdfast: ${message}.${remedy === undefined ? '' : ` ${remedy}`}\n`);
    return askExitOf(error.code);
  }
}

/** Things that a command found, and how each looks in a row of a table. */
export interface Listing<Thing> {
  readonly things: readonly Thing[];
  readonly heading: readonly string[];
  readonly rowOf: (thing: Thing) => readonly Cell[];
}

/** Prints what was found: a table on a terminal, else one JSON document. */
export function printList<Thing>(
  { things, heading, rowOf }: Listing<Thing>,
  { print, columns, paint }: Surroundings,
  json = false,
): void {
  if (columns === undefined || json) {
    print(`${JSON.stringify(things)}\n`);
    return;
  }
  const lines = table(heading, things.map(rowOf), { columns, paint });
  print(`${lines.join('\n')}\n`);
}
