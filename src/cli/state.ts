import { Failure } from '../shared/errors.ts';
import { ask } from './ask.ts';
import { AskExit, askExitOf } from './exit-codes.ts';
import { findAdmin } from './find-admin.ts';
import { parseState } from './parse-state.ts';
import { statePage } from './state-page.ts';
import type { Paint } from './table.ts';

export interface StateOptions {
  /** One JSON document, whoever reads it. */
  readonly json?: boolean;
  readonly url?: string;
}

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

/** Prints how a running Holdfast is: for people on a terminal, else as the JSON that it answers. Resolves with the exit code. */
export async function showState(
  { json = false, url }: StateOptions,
  { env, workingFolder, print, complain, columns, paint }: Surroundings,
): Promise<AskExit> {
  try {
    const admin = findAdmin(url, env, workingFolder);
    const answer = await ask(admin, '/supervisor/state');
    const state = parseState(answer);
    if (state === undefined) {
      throw new Failure(
        'unavailable',
        `${admin.url.origin} answers with a state that this version of holdfast cannot read`,
      );
    }
    const isForPeople = columns !== undefined && !json;
    print(isForPeople ? statePage(state, { paint, columns }) : `${JSON.stringify(answer)}\n`);
    return AskExit.Answered;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    complain(`holdfast: ${error.message}.\n`);
    return askExitOf(error.code);
  }
}
