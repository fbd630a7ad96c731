import assert from 'node:assert/strict';

import { Failure, type FailureCode } from '../../../src/shared/errors.ts';
import type { Place, PlacesOptions } from '../../../src/worker/tools/lane.ts';
import { Places } from '../../../src/worker/tools/places.ts';
import { defineTool } from '../../../src/worker/tools/tool.ts';
import { type Line, recordLog } from '../recorded-log.ts';

interface Given extends Partial<PlacesOptions['tooling']> {
  /** What the tool says itself. */
  readonly own?: number;
}

interface Opened {
  readonly take: (who: string, signal?: AbortSignal) => Place | Promise<Place>;
  readonly hold: (ms: number) => void;
  /** What was counted, in order. */
  readonly counted: readonly string[];
  readonly lines: readonly Line[];
  /** How many wait, as it is counted. */
  readonly waiting: () => number;
}

/** The places of one tool, whose calls take 30 s at most. */
export function openPlaces({ own, ...tooling }: Given = {}): Opened {
  const counted: string[] = [];
  let waiting = 0;
  const { log, lines } = recordLog();
  const places = new Places({
    tooling: { concurrencyMax: 2, concurrencyOfOneMax: 2, queueMax: 4, ...tooling },
    observer: {
      refuse: (limit) => counted.push(limit),
      wait: (_tool, more) => {
        waiting += more;
      },
      stick: (tool, isStuck) => counted.push(`${tool} ${isStuck ? 'stuck' : 'free'}`),
    },
    log,
  });
  const concurrencyMax = own === undefined ? {} : { concurrencyMax: own };
  const tool = defineTool({
    name: 'tried',
    description: 'Tries.',
    ...concurrencyMax,
    run: async () => 'done',
  });
  const never = new AbortController().signal;
  return {
    take: (who, signal = never) => places.take(tool, { id: who, scopes: 'all' }, signal),
    hold: (ms) => {
      places.hold(tool, ms);
    },
    counted,
    lines,
    waiting: () => waiting,
  };
}

/** A place that is there at once. */
export function now(taken: Place | Promise<Place>): Place {
  assert.ok(!(taken instanceof Promise), 'It had to wait');
  return taken;
}

/** Whether what was thrown says so, and when to try again. */
export function isFailure(code: FailureCode, retryAfterMs?: number) {
  return (thrown: unknown): boolean => {
    assert.ok(thrown instanceof Failure, String(thrown));
    assert.deepEqual([thrown.code, thrown.retryAfterMs], [code, retryAfterMs]);
    return true;
  };
}

/** Worth to be tried again soon. */
export const isBusy = isFailure('limited', 1_000);
/** Not so soon. */
export const isStuck = isFailure('quarantined', 5_000);

/** What is refused, whether it has to wait for that or not. */
export async function refusalOf(take: () => Place | Promise<Place>): Promise<unknown> {
  try {
    await take();
  } catch (error) {
    return error;
  }
  return assert.fail('It was not refused');
}
