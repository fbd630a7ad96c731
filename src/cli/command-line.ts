import { Command, CommanderError } from 'commander';

import { ExitCode } from '../shared/exit-codes.ts';
import { readPackage } from '../shared/package.ts';
import { addAuditCommand } from './audit-command.ts';
import { addAuthorCommands } from './author-commands.ts';
import { addSessionsCommands } from './sessions-commands.ts';
import { type StateOptions, showState } from './state.ts';
import type { Surroundings } from './surroundings.ts';
import { addTokenCommands } from './token-commands.ts';
import { addToolsCommands } from './tools-commands.ts';

/** Does what was typed, and sets the exit code of the process. */
export async function runCommandLine(
  given: readonly string[],
  surroundings: Surroundings,
): Promise<void> {
  const holdfast = describeHoldfast(surroundings);
  addStart(holdfast);
  addState(holdfast, surroundings);
  addAuthorCommands(holdfast, surroundings);
  addToolsCommands(holdfast, surroundings);
  addTokenCommands(holdfast, surroundings);
  addAuditCommand(holdfast, surroundings);
  addSessionsCommands(holdfast, surroundings);
  try {
    await holdfast.parseAsync(given, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode;
  }
}

function describeHoldfast({ print, complain }: Surroundings): Command {
  return new Command('holdfast')
    .description('The MCP server that stays up, and says why when it can’t.')
    .usage('<command>')
    .version(readPackage().version, '--version', 'print the version')
    .helpOption('--help', 'print this')
    .helpCommand(false)
    .showHelpAfterError('See "holdfast --help".')
    .addHelpText('after', '\nSettings come from the environment: see "Configuration" in README.md.')
    .configureOutput({
      writeOut: print,
      writeErr: complain,
      outputError: (text, write) => {
        write(text.replace(/^error: /, 'holdfast: '));
      },
    })
    .exitOverride(({ exitCode, code, message }) => {
      throw new CommanderError(exitCode === 0 ? ExitCode.Stopped : ExitCode.Usage, code, message);
    });
}

function addStart(holdfast: Command): void {
  holdfast
    .command('start')
    .description('serve MCP: a supervisor and its workers. Takes no arguments')
    // Without arguments, bin/holdfast.js goes straight to the supervisor.
    .action((_options, command) => {
      command.error('error: "start" takes no arguments');
    });
}

function addState(holdfast: Command, surroundings: Surroundings): void {
  holdfast
    .command('state')
    .description('how the Holdfast is that runs here: a table on a terminal, else JSON')
    .option('--json', 'one JSON document on a terminal too')
    .option('--url <url>', 'where to ask, such as http://127.0.0.1:9090')
    .addHelpText(
      'after',
      '\nWithout --url it asks where MCP_ADMIN_HOST and MCP_ADMIN_PORT say, else where a supervisor wrote into the' +
        '\nstate folder that it listens. It shows MCP_ADMIN_TOKEN, else the token in the state folder.' +
        '\n\nExit codes: 0 answered, 1 usage, 3 not allowed, 4 nobody answers.',
    )
    // A command that asks has the exit codes of those: commander says 1 for wrong usage, too.
    .exitOverride()
    .action(async (options: StateOptions) => {
      process.exitCode = await showState(options, surroundings);
    });
}
