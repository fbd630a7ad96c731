import { Failure } from '../shared/errors.ts';
import { ask } from './ask.ts';
import type { AskExit } from './exit-codes.ts';
import { findAdmin } from './find-admin.ts';
import { parseState } from './parse-state.ts';
import { statePage } from './state-page.ts';
import { attempt, type Surroundings } from './surroundings.ts';

export interface StateOptions {
  /** One JSON document, whoever reads it. */
  readonly json?: boolean;
  readonly url?: string;
}

/** Prints how a running Holdfast is: for people on a terminal, else as the JSON that it answers. Resolves with the exit code. */
export async function showState(
  { json = false, url }: StateOptions,
  surroundings: Surroundings,
): Promise<AskExit> {
  const { env, workingFolder, print, columns, paint } = surroundings;
  return attempt(surroundings, async () => {
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
  });
}
