import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { codeOf } from './errors.ts';

/** Reads what was written as JSON. Nothing where there is nothing, or nothing that can be read: a disk may have lost half of it. */
export function readJsonFile(path: string): unknown {
  try {
    // Who reads a pipe waits for its writer.
    if (!statSync(path).isFile()) return undefined;
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError || codeOf(error) !== undefined) return undefined;
    throw error;
  }
}

/** Writes it whole, or not at all, whoever else does at the same time, and even if the machine loses its power. */
export function writeJsonFile(path: string, content: object): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const beside = `${path}.${process.pid}.new`;
  writeFileSync(beside, JSON.stringify(content), { mode: 0o600, flush: true });
  // No file takes the place of a folder.
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    rmSync(path, { recursive: true });
  }
  renameSync(beside, path);
}
