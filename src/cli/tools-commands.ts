import type { Command } from 'commander';

import { type CallOptions, callTool } from './call.ts';
import { type CheckToolsOptions, checkTools } from './check-tools.ts';
import { type ListToolsOptions, listTools } from './list-tools.ts';
import {
  type ListPinsOptions,
  listPinned,
  type PinToolsOptions,
  pinTools,
  unpinTools,
} from './pins.ts';
import { orderTools, type ToolsOrder } from './reload-tools.ts';
import type { Surroundings } from './surroundings.ts';

const URL_OPTION = ['--url <url>', 'where to ask, such as http://127.0.0.1:9090'] as const;
const HELP =
  '\nAll but call, check and unpin ask where "holdfast state" asks. What is pinned lies in the database: that of' +
  '\nDATABASE_URL, else the embedded one of this folder.' +
  '\n\nExit codes: 0 done, 1 usage, 3 not allowed, 4 nobody answers, 5 a tool failed, or is not fit to be served.';

/** Adds what is done with tools to the command line. */
export function addToolsCommands(holdfast: Command, surroundings: Surroundings): void {
  const tools = holdfast
    .command('tools')
    .description('what agents are offered: list, check, call, reload, roll back, pin')
    .addHelpText('after', HELP)
    .exitOverride();
  addCall(tools, surroundings);
  addCheck(tools, surroundings);
  tools
    .command('list')
    .description('what is offered: a table on a terminal, else JSON')
    .option('--json', 'one JSON document on a terminal too')
    .option(...URL_OPTION)
    .exitOverride()
    .action(async (options: ListToolsOptions) => {
      process.exitCode = await listTools(options, surroundings);
    });
  addOrder(tools, surroundings, 'reload', 'serve what is on disk, if it is fit');
  addOrder(tools, surroundings, 'rollback', 'serve what was served before');
  addPins(tools, surroundings);
}

function addCall(tools: Command, surroundings: Surroundings): void {
  tools
    .command('call')
    .description('call a tool as an agent would')
    .argument('<tool>', 'its name')
    .argument('[arguments]', 'a JSON object', '{}')
    .option('--url <url>', 'where, such as http://127.0.0.1:3000/mcp')
    .option('--token-file <path>', 'a file with the key to show. Without, MCP_TOKEN')
    .option('--json', 'the whole result, as JSON')
    .exitOverride()
    .action(async (name: string, given: string, options: CallOptions) => {
      process.exitCode = await callTool(name, given, options, surroundings);
    });
}

function addCheck(tools: Command, surroundings: Surroundings): void {
  tools
    .command('check')
    .description('load tools and let them try themselves, and say what is wrong with them')
    .argument(
      '[path...]',
      'files and folders of tools. Without, MCP_TOOLS, else the folder "tools"',
    )
    .option('--json', 'the whole proof, as JSON')
    .exitOverride()
    .action(async (paths: readonly string[], options: Pick<CheckToolsOptions, 'json'>) => {
      const interrupted = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
        // What is tried runs in a group of its own, and would outlive us.
        process.once(signal, () => {
          interrupted.abort();
        });
      }
      process.exitCode = await checkTools(paths, options, surroundings, interrupted.signal);
    });
}

function addOrder(
  tools: Command,
  surroundings: Surroundings,
  order: ToolsOrder,
  description: string,
): void {
  tools
    .command(order)
    .description(description)
    .option(...URL_OPTION)
    .exitOverride()
    .action(async (options: { readonly url?: string }) => {
      process.exitCode = await orderTools(order, options, surroundings);
    });
}

function addPins(tools: Command, surroundings: Surroundings): void {
  tools
    .command('pin')
    .description('approve tools as they are: one that changes is held back until it is pinned anew')
    .argument('[name...]', 'their names')
    .option('--all', 'all tools')
    .option('--dry-run', 'only say what has changed')
    .option(...URL_OPTION)
    .exitOverride()
    .action(async (names: readonly string[], options: PinToolsOptions) => {
      process.exitCode = await pinTools(names, options, surroundings);
    });
  tools
    .command('unpin')
    .description('let a tool be whatever it tells')
    .argument('<name>', 'its name')
    .exitOverride()
    .action(async (name: string) => {
      process.exitCode = await unpinTools(name, surroundings);
    });
  tools
    .command('pins')
    .description('what was approved, and what is held back: a table on a terminal, else JSON')
    .option('--json', 'one JSON document on a terminal too')
    .option(...URL_OPTION)
    .exitOverride()
    .action(async (options: ListPinsOptions) => {
      process.exitCode = await listPinned(options, surroundings);
    });
}
