import type { Command } from 'commander';

import { type AuditOptions, showAudit } from './audit.ts';
import type { Surroundings } from './surroundings.ts';

/** Adds the audit to the command line. */
export function addAuditCommand(holdfast: Command, surroundings: Surroundings): void {
  holdfast
    .command('audit')
    .description('who did what, the newest last: a table on a terminal, else JSON')
    .option('--since <time>', 'how long ago (15m, 24h, 7d), or a time like 2026-07-28T12:00Z', '1h')
    .option('--until <time>', 'the same. Without, until now')
    .option('--who <principal>', 'whose')
    .option('--subject <subject>', 'a tool, a URI, the id of a key or a session')
    .option('--kind <kind>', 'call, refusal or administration')
    .option('--outcome <outcome>', 'ok, tool_error, or the code of a failure')
    .option('--limit <count>', 'so many, the newest of them', '100')
    .option('--json', 'one JSON document on a terminal too')
    .addHelpText(
      'after',
      '\nIt asks the database: that of DATABASE_URL, else the embedded one of this folder.' +
        '\n\nExit codes: 0 answered, 1 usage, 3 not allowed, 4 the database cannot be reached.',
    )
    .exitOverride()
    .action(async (options: AuditOptions) => {
      process.exitCode = await showAudit(options, surroundings);
    });
}
