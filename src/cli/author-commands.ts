import { join } from 'node:path';

import type { Command } from 'commander';

import { readPackage } from '../shared/package.ts';
import { develop } from './dev.ts';
import { init } from './init.ts';
import type { Surroundings } from './surroundings.ts';

/** Adds what authors of tools do to the command line. */
export function addAuthorCommands(holdfast: Command, surroundings: Surroundings): void {
  holdfast
    .command('init')
    .description('begin a folder of tools: two examples, and what an editor and an agent need')
    .argument('[folder]', 'where', '.')
    .exitOverride()
    .action(async (folder: string) => {
      process.exitCode = await init(folder, readPackage().version, surroundings);
    });
  holdfast
    .command('dev')
    .description('serve tools while they are written: one worker, and each save served at once')
    .argument(
      '[path...]',
      'files and folders of tools. Without, MCP_TOOLS, else the folder "tools"',
    )
    .exitOverride()
    .action(async (paths: readonly string[]) => {
      process.exitCode = await develop(paths, surroundings, (env) => {
        const bin = join(readPackage().root, 'bin', 'holdfast.js');
        // Signals and the terminal are the server's own: nobody stands between.
        process.execve?.(process.execPath, [process.execPath, bin, 'start'], env);
      });
    });
}
