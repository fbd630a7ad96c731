import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { findStateFolder } from '../shared/config.ts';
import { findEmbeddedPostgres } from '../shared/embedded-file.ts';
import { Failure } from '../shared/errors.ts';
import { keepGeneration } from '../shared/generation.ts';
import { readPackage } from '../shared/package.ts';
import type { Proof } from '../shared/proof.ts';
import { readSecret } from '../shared/secret-file.ts';
import { prove } from '../supervisor/generations/prove.ts';
import { findToolPaths } from './dev.ts';
import { AskExit } from './exit-codes.ts';
import { faultLine } from './fault-line.ts';
import { attempt, type Surroundings } from './surroundings.ts';

export interface CheckToolsOptions {
  readonly json?: boolean;
  /** How long loading and trying may take. */
  readonly deadlineMs?: number;
}

const DEADLINE_MS = 30_000;
/** It is on this machine. */
const LISTENS_MS = 1_000;

/** Does with files of tools what is done before they are served, and prints what is wrong with them. Resolves with the exit code. */
export async function checkTools(
  paths: readonly string[],
  { json = false, deadlineMs = DEADLINE_MS }: CheckToolsOptions,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<AskExit> {
  const { workingFolder, print, complain } = surroundings;
  let isFit = true;
  const code = await attempt(surroundings, async () => {
    const found = findToolPaths(paths, surroundings);
    if (found === undefined) {
      throw new Failure('invalid', 'There are no tools to be found', {
        remedy: 'Name their files or folders, or run "holdfast init" to begin with an example.',
      });
    }
    const whole = found.map((path) => resolve(workingFolder, path));
    const proof = await proveApart(whole, surroundings, { deadlineMs, signal });
    isFit = proof.faults.length === 0;
    if (json) {
      print(`${JSON.stringify(proof)}\n`);
      return;
    }
    for (const fault of proof.warnings) complain(`warning: ${faultLine(fault, workingFolder)}\n`);
    for (const fault of proof.faults) print(`${faultLine(fault, workingFolder)}\n`);
    if (isFit) print(`${countsOf(proof)} are fit\n`);
  });
  return isFit ? code : AskExit.ToolError;
}

/** Proves them in a state folder that is gone afterwards: what is served here knows nothing of it. */
async function proveApart(
  paths: readonly string[],
  { env, workingFolder, complain }: Surroundings,
  { deadlineMs, signal }: { readonly deadlineMs: number; readonly signal: AbortSignal },
): Promise<Proof> {
  const databaseUrl = await findDatabase(env, workingFolder);
  const stateFolder = mkdtempSync(join(tmpdir(), 'holdfast-check-'));
  try {
    const { id } = keepGeneration(stateFolder, paths, Date.now());
    return await prove(
      id,
      {
        stateFolder,
        bin: join(readPackage().root, 'bin', 'holdfast.js'),
        execArgv: process.execArgv,
        environment: {
          ...env,
          DATABASE_URL: databaseUrl,
          DATABASE_URL_FILE: undefined,
          MCP_STATE_DIR: stateFolder,
        },
        deadlineMs,
        onLine: (line) => {
          complain(`${line}\n`);
        },
      },
      signal,
    );
  } finally {
    rmSync(stateFolder, { recursive: true, force: true });
  }
}

/** The database that is given, else the embedded one of this folder if it runs. */
async function findDatabase(
  env: NodeJS.ProcessEnv,
  workingFolder: string,
): Promise<string | undefined> {
  const given = readSecret(env, 'DATABASE_URL');
  if (given !== undefined) return given;
  const folder = findStateFolder(env, workingFolder);
  const url = folder === undefined ? undefined : findEmbeddedPostgres(folder);
  return url !== undefined && (await listens(new URL(url))) ? url : undefined;
}

async function listens({ hostname, port }: URL): Promise<boolean> {
  const socket = connect(Number(port), hostname);
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(LISTENS_MS) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function countsOf({ entries }: Proof): string {
  return (['tool', 'resource', 'prompt'] as const)
    .map((kind) => {
      const count = entries.filter((entry) => entry.kind === kind).length;
      return `${count} ${kind}${count === 1 ? '' : 's'}`;
    })
    .join(', ');
}
