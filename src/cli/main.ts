/** What people type: wires the command line to the process it runs in. */
import { styleText } from 'node:util';

import { runCommandLine } from './command-line.ts';

const COLUMNS_DEFAULT = 80;

// Whoever reads us may stop reading: `holdfast state | head -1`.
process.stdout.on('error', () => undefined);

await runCommandLine(process.argv.slice(2), {
  env: process.env,
  workingFolder: process.cwd(),
  print: (text) => process.stdout.write(text),
  complain: (text) => process.stderr.write(text),
  columns: process.stdout.isTTY ? process.stdout.columns || COLUMNS_DEFAULT : undefined,
  // Obeys NO_COLOR, and leaves a file without escapes.
  paint: (format, text) => styleText(format, text, { stream: process.stdout }),
});
