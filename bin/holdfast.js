#!/usr/bin/env node
// The way in for every process of ours. Plain JavaScript that old versions of Node can read too: an
// unsuitable Node, or a package that is missing, ends in one sentence that says what to do.
import { existsSync } from 'node:fs';
import module from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const EXIT_MISCONFIGURED = 78;
const NODE_MIN = [24, 12];
// Processes that serve, straight to their own code. All else is the command line's.
const MAINS = {
  start: 'supervisor/main',
  // Started by the supervisor, and by nobody else.
  worker: 'worker/main',
  'embedded-redis': 'supervisor/embedded/redis-substitute',
  prove: 'prover/main',
};

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [command = '', ...more] = process.argv.slice(2);

if (!isNodeSuitable()) {
  refuse(
    `Node ${process.versions.node} cannot run Holdfast, which needs ${NODE_MIN.join('.')} or newer. ` +
      'Run "npm ci" and start it with "npm start": that brings the right Node along.',
  );
} else {
  await run(isServer() ? MAINS[command] : 'cli/main');
}

function isServer() {
  if (!Object.hasOwn(MAINS, command)) return false;
  // A prover is told which generation.
  if (command === 'prove') return more.length === 1;
  // What is wrong with the arguments of "start", whoever restarts us has to be told in a report.
  return more.length === 0 || (command === 'start' && !more.includes('--help'));
}

async function run(main) {
  // A clone has sources, which Node runs as they are; what npm installs was compiled to dist/.
  const [folder, extension, format] = existsSync(join(root, 'src'))
    ? ['src', 'ts', 'module-typescript']
    : ['dist/src', 'js', 'module'];
  const ours = `${pathToFileURL(join(root, folder)).href}/`;
  takeAtTheirWord(ours, extension, format);
  try {
    await import(`${ours}${main}.${extension}`);
  } catch (error) {
    const isOurs = error.code === 'ENOENT' && error.path?.startsWith(fileURLToPath(ours));
    if (error.code !== 'ERR_MODULE_NOT_FOUND' && !isOurs) throw error;
    refuse(`${error.message.split('\n')[0]}. Run "npm ci" in ${root} to install what is missing.`);
  }
}

/**
 * What a module of ours imports from another lies where it says. Node would look each up on the disk for each that imports it, which takes
 * a fifteenth of a start.
 */
function takeAtTheirWord(ours, extension, format) {
  module.registerHooks({
    resolve(specifier, context, next) {
      const isOurs = specifier.startsWith('.') && context.parentURL?.startsWith(ours);
      if (!isOurs || !specifier.endsWith(`.${extension}`)) return next(specifier, context);
      return { url: new URL(specifier, context.parentURL).href, format, shortCircuit: true };
    },
  });
}

function isNodeSuitable() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
}

function refuse(sentence) {
  process.stderr.write(`holdfast: ${sentence}\n`);
  process.exit(EXIT_MISCONFIGURED);
}
