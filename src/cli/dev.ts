import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { Failure } from '../shared/errors.ts';
import { attempt, type Surroundings } from './surroundings.ts';

/** Where tools are looked for, if nobody says. */
const FOLDER = 'tools';

/**
 * What a server is started with for somebody who writes tools: one worker, and tools that are loaded anew at every save. What
 * is set already stays. Throws a `Failure` if that is not for development, or a path is not there.
 */
export function developmentEnvironment(
  paths: readonly string[],
  { env, workingFolder }: Pick<Surroundings, 'env' | 'workingFolder'>,
): NodeJS.ProcessEnv {
  if (env.MCP_ENV === 'production') {
    throw new Failure('invalid', 'MCP_ENV is production, and "holdfast dev" is for development');
  }
  const tools = findToolPaths(paths, { env, workingFolder });
  return {
    MCP_WORKERS: '1',
    MCP_WATCH: 'true',
    ...env,
    MCP_ENV: 'development',
    ...(tools === undefined ? {} : { MCP_TOOLS: tools.join(',') }),
  };
}

/**
 * Where tools are: what is named, else what MCP_TOOLS names, else the folder "tools" if there is one. Throws a `Failure` if there is
 * nothing at what is named.
 */
export function findToolPaths(
  paths: readonly string[],
  { env, workingFolder }: Pick<Surroundings, 'env' | 'workingFolder'>,
): readonly string[] | undefined {
  for (const path of paths) {
    if (!existsSync(resolve(workingFolder, path))) {
      throw new Failure('invalid', `There is nothing at ${path}`, {
        remedy: 'Run "holdfast init" to begin with an example.',
      });
    }
  }
  if (paths.length > 0) return paths;
  const listed = (env.MCP_TOOLS ?? '').split(',').map((path) => path.trim());
  const named = listed.filter((path) => path !== '');
  if (named.length > 0) return named;
  return existsSync(join(workingFolder, FOLDER)) ? [FOLDER] : undefined;
}

/** Becomes a server for somebody who writes tools. Resolves with an exit code only if it cannot. */
export async function develop(
  paths: readonly string[],
  surroundings: Surroundings,
  /** Runs "holdfast start" in the place of this process, with that environment. */
  start: (env: NodeJS.ProcessEnv) => void,
): Promise<number> {
  return attempt(surroundings, async () => {
    start(developmentEnvironment(paths, surroundings));
  });
}
