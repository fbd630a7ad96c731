import {
  closeSync,
  constants,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

import { codeOf } from '../../shared/errors.ts';
import { type FatalReport, isFatalReport } from './fatal-report.ts';
import { renderBlock, renderLine, renderTermination } from './render-fatal-report.ts';

const STDERR = 2;
/** How long whoever reads a full pipe may take to read on. */
const FULL_PIPE_TRIES = 50;
const FULL_PIPE_WAIT_MS = 10;
const FILE_NAME = 'fatal.json';
const FILE_BYTES_MAX = 1_048_576;

/** Where a report goes beside stderr. */
export interface FatalPlaces {
  /** Absent: there is none yet, or it is another's. */
  readonly stateFolder: string | undefined;
  readonly terminationLog: {
    readonly path: string;
    /** Whether it is made if it is not there. */
    readonly create: boolean;
  };
}

/** Where the short form goes: to the file that is configured, else to the one that Kubernetes makes. */
export function terminationLogOf(configured: string | undefined): FatalPlaces['terminationLog'] {
  if (configured !== undefined) return { path: configured, create: true };
  return { path: '/dev/termination-log', create: false };
}

/**
 * Writes a report wherever somebody may look: the state folder, the termination file, and stderr.
 * Never throws: a place that fails is named at the end of the block on stderr. Call it before any hold.
 */
export function writeFatalReport(report: FatalReport, places: FatalPlaces): void {
  const { stateFolder, terminationLog } = places;
  const notes = [
    stateFolder === undefined ? undefined : save(report, join(stateFolder, FILE_NAME)),
    writeTermination(renderTermination(report), terminationLog),
  ].filter((note) => note !== undefined);
  writeToStderr(renderLine(report) + renderBlock(report, notes));
}

/** The last report that was saved in a state folder, if there is one that can be read. */
export function readFatalReport(stateFolder: string): FatalReport | undefined {
  const path = join(stateFolder, FILE_NAME);
  try {
    const found = statSync(path);
    if (!found.isFile() || found.size > FILE_BYTES_MAX) return undefined;
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isFatalReport(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Says what went wrong, if something did. */
function save(report: FatalReport, path: string): string | undefined {
  const aside = `${path}.new`;
  try {
    writeFileSync(aside, `${JSON.stringify(report, null, 2)}\n`, { mode: 0o600 });
    renameSync(aside, path);
    return undefined;
  } catch (error) {
    removeQuietly(aside);
    return failed(path, error);
  }
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // What could not be written cannot be removed either, or is a folder.
  }
}

/** Says what went wrong, if something did; that a file which need not be there is not there, is nothing. */
function writeTermination(
  text: string,
  { path, create }: FatalPlaces['terminationLog'],
): string | undefined {
  // Without a reader, a named pipe would have us wait for ever.
  const flags = constants.O_WRONLY | constants.O_NONBLOCK | (create ? constants.O_CREAT : 0);
  let file: number | undefined;
  try {
    file = openSync(path, flags | constants.O_TRUNC, 0o644);
    writeSync(file, text);
    return undefined;
  } catch (error) {
    return !create && codeOf(error) === 'ENOENT' ? undefined : failed(path, error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function failed(path: string, error: unknown): string {
  return `not written to ${path} (${codeOf(error) ?? 'unknown error'})`;
}

/** Directly, and not by the stream: we may be about to exit, and a stream would lose what is left. */
function writeToStderr(text: string): void {
  const bytes = Buffer.from(text);
  let written = 0;
  for (let tries = 0; written < bytes.length && tries < FULL_PIPE_TRIES; ) {
    try {
      written += writeSync(STDERR, bytes, written);
    } catch (error) {
      // A reader that is gone, a full disk, a lost terminal: there is nobody left to tell.
      if (codeOf(error) !== 'EAGAIN') return;
      tries++;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_WAIT_MS);
    }
  }
}
