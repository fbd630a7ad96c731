#!/usr/bin/env node
// The way in for every process of ours. Plain JavaScript that old versions of Node can read too: an
// unsuitable Node, or a package that is missing, ends in one sentence that says what to do.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const EXIT_USAGE = 64;
const EXIT_MISCONFIGURED = 78;
const NODE_MIN = [24, 12];
const USAGE = `Usage: holdfast <command>

  start       serve MCP: a supervisor and its workers
  --version   print the version
  --help      print this

Settings come from the environment: see "Configuration" in README.md.
`;
const MAINS = {
  start: 'supervisor/main',
  // Started by the supervisor, and by nobody else.
  worker: 'worker/main',
  'embedded-redis': 'supervisor/embedded/redis-substitute',
};

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const command = process.argv[2];

if (command === '--version') {
  process.stdout.write(`${JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version}\n`);
} else if (command === '--help') {
  process.stdout.write(USAGE);
} else if (command === undefined || !Object.hasOwn(MAINS, command)) {
  const fault = command === undefined ? 'a command is missing' : `there is no command "${command}"`;
  process.stderr.write(`holdfast: ${fault}.\n\n${USAGE}`);
  process.exitCode = EXIT_USAGE;
} else if (process.argv.length > 3) {
  process.stderr.write(`holdfast: "${command}" takes no arguments.\n\n${USAGE}`);
  process.exitCode = EXIT_USAGE;
} else if (!isNodeSuitable()) {
  refuse(
    `Node ${process.versions.node} cannot run Holdfast, which needs ${NODE_MIN.join('.')} or newer. ` +
      'Run "npm ci" and start it with "npm start": that brings the right Node along.',
  );
} else {
  await run(MAINS[command]);
}

async function run(main) {
  // A clone has sources, which Node runs as they are; what npm installs was compiled to dist/.
  const path = existsSync(join(root, 'src')) ? `src/${main}.ts` : `dist/src/${main}.js`;
  try {
    await import(pathToFileURL(join(root, path)).href);
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    refuse(`${error.message.split('\n')[0]}. Run "npm ci" in ${root} to install what is missing.`);
  }
}

function isNodeSuitable() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
}

function refuse(sentence) {
  process.stderr.write(`holdfast: ${sentence}\n`);
  process.exit(EXIT_MISCONFIGURED);
}
