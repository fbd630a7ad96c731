/** The thread that finds out where the event loop of the main thread is blocked. Wired by itself: nobody else can speak to it. */
import { writeSync } from 'node:fs';
import { type Debugger, Session } from 'node:inspector';
import { relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { workerData } from 'node:worker_threads';

import { encodeHangLine } from '../../shared/hang-line.ts';
import type { HangWatch } from './hang-watch.ts';

const CHECK_MS = 250;
/** Native code is not interrupted, and nobody knows for how long. */
const PAUSE_MS_MAX = 500;

// The main thread starts us with just this.
const { beats, silenceMs, root }: HangWatch = workerData;

await watch();

async function watch(): Promise<never> {
  let lastBeat = -1;
  let silentForMs = 0;
  let isTold = false;
  for (;;) {
    const before = performance.now();
    // One after the other is the point.
    // oxlint-disable-next-line no-await-in-loop -- see above
    await sleep(CHECK_MS);
    const passedMs = performance.now() - before;
    const beat = Atomics.load(beats, 0);
    // Were we late ourselves, the whole process was paused, and the main thread has had no time to beat.
    const isPaused = passedMs > 2 * CHECK_MS;
    if (beat !== lastBeat || isPaused) {
      isTold &&= beat === lastBeat;
      lastBeat = beat;
      silentForMs = 0;
      continue;
    }
    silentForMs += passedMs;
    if (isTold || silentForMs < silenceMs) continue;
    isTold = true;
    // oxlint-disable-next-line no-await-in-loop -- see above
    const frames = await readStack();
    // Unless it has just gone on.
    if (Atomics.load(beats, 0) === lastBeat) tell(frames);
  }
}

/** The frames of the main thread, innermost first. None if it is in native code, or there is no inspector. */
async function readStack(): Promise<string[]> {
  const files = new Map<string, string>();
  const session = new Session();
  const { promise: stack, resolve } = Promise.withResolvers<string[]>();
  try {
    session.connectToMainThread();
    session.on('Debugger.scriptParsed', ({ params: { scriptId, url } }) => {
      files.set(scriptId, url);
    });
    session.on('Debugger.paused', ({ params: { callFrames } }) => {
      session.post('Debugger.resume');
      resolve(callFrames.map((frame) => describe(frame, files)));
    });
    session.post('Debugger.enable');
    session.post('Debugger.pause');
    return await Promise.race([stack, sleep(PAUSE_MS_MAX, [])]);
  } catch {
    return [];
  } finally {
    // Takes back a pause that has not come yet.
    session.disconnect();
  }
}

/** `function (file:line)`. */
function describe(
  { functionName, location: { scriptId, lineNumber } }: Debugger.CallFrame,
  files: ReadonlyMap<string, string>,
): string {
  const url = files.get(scriptId) ?? 'unknown';
  const file = url.startsWith('file:') ? relative(root, fileURLToPath(url)) : url;
  // The inspector counts from 0.
  return `${functionName || '(anonymous)'} (${file}:${lineNumber + 1})`;
}

/** The main thread's streams are blocked with it; the descriptor is not. */
function tell(frames: readonly string[]): void {
  try {
    writeSync(2, encodeHangLine(frames));
  } catch {
    // Nobody reads it, or the pipe is full: there is no other way to tell.
  }
}
