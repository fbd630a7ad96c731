import type { Command } from 'commander';

import { DATABASE_HELP } from './database.ts';
import {
  type EndSessionsOptions,
  endSessions,
  type ListSessionsOptions,
  listSessions,
} from './sessions.ts';
import type { Surroundings } from './surroundings.ts';

const LIMIT = '100';

/** Adds what is done with sessions to the command line. */
export function addSessionsCommands(holdfast: Command, surroundings: Surroundings): void {
  const sessions = holdfast
    .command('sessions')
    .description('what agents began with initialize: list and end them')
    .addHelpText('after', DATABASE_HELP)
    .exitOverride();
  sessions
    .command('list')
    .description('those that are open, the latest first: a table on a terminal, else JSON')
    .option('--principal <principal>', 'of one principal only')
    .option('--all', 'ended ones too')
    .option('--limit <count>', 'how many at most', LIMIT)
    .option('--json', 'one JSON document on a terminal too')
    .exitOverride()
    .action(async (options: ListSessionsOptions) => {
      process.exitCode = await listSessions(options, surroundings);
    });
  sessions
    .command('end')
    .description('end one, or all of a principal, and close what is open in them, within 5 s')
    .argument('[number]', 'its number, as listed')
    .option('--principal <principal>', 'all of one principal')
    .exitOverride()
    .action(async (number: string | undefined, options: EndSessionsOptions) => {
      process.exitCode = await endSessions(number, options, surroundings);
    });
}
