import { setTimeout as sleep } from 'node:timers/promises';

import { Failure } from '../shared/errors.ts';
import { isListOf, isShaped, isString } from '../shared/shape.ts';
import { ask } from './ask.ts';
import type { AskExit } from './exit-codes.ts';
import { faultLine } from './fault-line.ts';
import { type Admin, findAdmin } from './find-admin.ts';
import { askServed, faultOf, isFaults, type ServedEntry } from './served-tools.ts';
import { attempt, type Surroundings } from './surroundings.ts';
import { plain } from './table.ts';

/** Which tools are to be served: those on disk, or those of before. */
export type ToolsOrder = 'reload' | 'rollback';

export interface OrderToolsOptions {
  readonly url?: string;
  /** How long its end is waited for. */
  readonly outcomeMs?: number;
}

const OUTCOME_MS_MAX = 60_000;
const LOOK_MS = 200;
const isAccepted = isShaped({ events: isString });
const isEvents = isShaped({ events: isListOf(isShaped({ type: isString })) });
const isServed = isShaped({ toolGeneration: isString });
const isFailed = isShaped({ faults: isFaults });
const SERVED: ReadonlySet<string> = new Set([
  'tools_reloaded',
  'tools_unchanged',
  'tools_rolled_back',
]);

/** Orders that other tools be served, and says what became of it. Resolves with the exit code. */
export async function orderTools(
  order: ToolsOrder,
  { url, outcomeMs = OUTCOME_MS_MAX }: OrderToolsOptions,
  surroundings: Surroundings,
): Promise<AskExit> {
  const { env, workingFolder, print } = surroundings;
  return attempt(surroundings, async () => {
    const admin = findAdmin(url, env, workingFolder);
    const before = await askServed(admin);
    const accepted = await ask(admin, `/supervisor/tools/${order}`, 'POST');
    if (!isAccepted(accepted)) throw unreadable(admin);
    const outcome = await outcomeAfter(admin, accepted.events, outcomeMs);
    if (isFailed(outcome)) {
      for (const fault of outcome.faults) print(`${faultLine(faultOf(fault), workingFolder)}\n`);
      throw new Failure('conflict', 'Nothing has changed: what was served goes on being served');
    }
    if (!isServed(outcome)) throw unreadable(admin);
    const changes = changesBetween(before, await askServed(admin));
    print(changes.length === 0 ? 'nothing has changed\n' : `${changes.join('\n')}\n`);
    print(`generation ${plain(outcome.toolGeneration)} is served\n`);
  });
}

/** Waits for the event that says how it ended. */
async function outcomeAfter(admin: Admin, path: string, withinMs: number): Promise<object> {
  const deadline = performance.now() + withinMs;
  while (performance.now() < deadline) {
    // oxlint-disable-next-line no-await-in-loop -- one question after the other
    const answer = await ask(admin, path);
    if (!isEvents(answer)) throw unreadable(admin);
    const end = answer.events.find(
      ({ type }) => SERVED.has(type) || type === 'tools_reload_failed',
    );
    if (end !== undefined) return end;
    // oxlint-disable-next-line no-await-in-loop -- as above
    await sleep(LOOK_MS);
  }
  throw new Failure('unavailable', `It has not ended within ${withinMs} ms`, {
    remedy: 'It may still: see "holdfast tools list", and the log.',
  });
}

function changesBetween(
  before: readonly ServedEntry[],
  after: readonly ServedEntry[],
): readonly string[] {
  const known = new Map(before.map((entry) => [keyOf(entry), entry.definition]));
  const kept = new Set(after.map(keyOf));
  const come = after.flatMap((entry) => {
    const definition = known.get(keyOf(entry));
    if (definition === entry.definition) return [];
    return `${definition === undefined ? 'new' : 'changed'} ${keyOf(entry)}`;
  });
  const gone = before.map(keyOf).filter((key) => !kept.has(key));
  return [...come, ...gone.map((key) => `gone ${key}`)];
}

function keyOf({ kind, name }: ServedEntry): string {
  return `${kind} ${plain(name)}`;
}

function unreadable({ url }: Admin): Failure {
  return new Failure(
    'unavailable',
    `${url.origin} answers what this version of holdfast cannot read`,
  );
}
