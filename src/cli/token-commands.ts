import type { Command } from 'commander';

import { DATABASE_HELP } from './database.ts';
import type { Surroundings } from './surroundings.ts';
import {
  type CreateTokenOptions,
  createToken,
  listTokens,
  revokeToken,
  rotateToken,
} from './token.ts';

const GRACE = '24h';

/** Adds what is done with API keys to the command line. */
export function addTokenCommands(holdfast: Command, surroundings: Surroundings): void {
  const token = holdfast
    .command('token')
    .description('the keys that agents show: make, list, revoke and rotate them')
    .addHelpText('after', DATABASE_HELP)
    .exitOverride();
  token
    .command('create')
    .description('make a key, and print it: it is not shown again')
    .argument('<principal>', 'who shows it; several keys may be of one')
    .option('--scope <scope...>', 'what it may do. Without, everything')
    .option('--expires <duration>', 'for how long, such as 90d. Without, until it is revoked')
    .option('--offline', 'only make one, for the file of MCP_BOOTSTRAP_TOKEN_FILE')
    .exitOverride()
    .action(async (principal: string, options: CreateTokenOptions) => {
      process.exitCode = await createToken(principal, options, surroundings);
    });
  token
    .command('list')
    .description('the keys that there are: a table on a terminal, else JSON')
    .option('--json', 'one JSON document on a terminal too')
    .exitOverride()
    .action(async (options: { readonly json?: boolean }) => {
      process.exitCode = await listTokens(options, surroundings);
    });
  token
    .command('revoke')
    .description('make a key useless, and close what is open with it, within 5 s')
    .argument('<id>', 'its id, as listed')
    .exitOverride()
    .action(async (id: string) => {
      process.exitCode = await revokeToken(id, surroundings);
    });
  token
    .command('rotate')
    .description('make a key that takes the place of another')
    .argument('<id>', 'the id of the other, as listed')
    .option('--grace <duration>', 'how long the other is still good', GRACE)
    .exitOverride()
    .action(async (id: string, options: { readonly grace: string }) => {
      process.exitCode = await rotateToken(id, options, surroundings);
    });
}
