/**
 * Gives the suite an engine, and the image of the Dockerfile as it is; and the servers that the other
 * suites have. Where there can be no engine, tests are skipped with the reason that is left in
 * `TEST_CONTAINER_SKIP`.
 */
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { globalSetup as startServers, globalTeardown as stopServers } from '../global-setup.ts';
import { IMAGE } from './container.ts';

const ROOT = join(import.meta.dirname, '../..');
const BUILD_MS_MAX = 600_000;
const run = promisify(execFile);
/** Whether there was an engine before us, which is then not ours to end. */
let wasThere = false;

export async function globalSetup(): Promise<void> {
  wasThere = spawnSync('docker', ['version'], { stdio: 'ignore' }).status === 0;
  const { status, stdout, stderr } = engine('up');
  if (status !== 0) {
    process.env.TEST_CONTAINER_SKIP = stderr.trim().split('\n').at(-1) ?? 'no engine';
    return;
  }
  process.env.DOCKER_HOST = stdout.trim();
  try {
    await build();
    await startServers();
  } catch (error) {
    // Nobody tears down what was not set up.
    if (!wasThere) engine('down');
    throw error;
  }
}

export async function globalTeardown(): Promise<void> {
  if (process.env.TEST_CONTAINER_SKIP !== undefined) return;
  await stopServers();
  execFileSync('docker', ['image', 'rm', '--force', IMAGE], { stdio: 'ignore' });
  if (!wasThere) engine('down');
}

async function build(): Promise<void> {
  const base = engine('base', baseOf(readFileSync(join(ROOT, 'Dockerfile'), 'utf8')));
  if (base.status !== 0) throw new Error(base.stderr);
  process.stdout.write(`# ${base.stdout.trim()}\n`);
  await run(
    'docker',
    ['build', '--network=host', '--tag', IMAGE, '--build-arg', 'VERSION=1.2.3', ROOT],
    { timeout: BUILD_MS_MAX, maxBuffer: 64 * 1_048_576 },
  );
}

function engine(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const path = join(import.meta.dirname, 'engine.sh');
  return spawnSync(path, args, { encoding: 'utf8', timeout: BUILD_MS_MAX });
}

function baseOf(dockerfile: string): string {
  const [, image] = /^ARG NODE_IMAGE=(\S+)$/m.exec(dockerfile) ?? [];
  if (image === undefined) throw new Error('The Dockerfile names no base image');
  return image;
}
