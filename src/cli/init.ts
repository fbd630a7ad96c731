import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

import { codeOf, Failure } from '../shared/errors.ts';
import { filesOf } from './init-files.ts';
import { attempt, type Surroundings } from './surroundings.ts';

/** Begins a folder of tools. What is there already is left as it is. Resolves with the exit code. */
export async function init(
  folder: string,
  version: string,
  surroundings: Surroundings,
): Promise<number> {
  const { workingFolder, print } = surroundings;
  return attempt(surroundings, async () => {
    const root = resolve(workingFolder, folder);
    for (const [path, text] of Object.entries(filesOf(version))) {
      print(write(join(root, path), text) ? `wrote    ${path}\n` : `is there ${path}\n`);
    }
    const enter = root === workingFolder ? '' : `cd ${relative(workingFolder, root)} && `;
    print(
      `\n${enter}npx holdfast dev     serves them on 127.0.0.1:3000, and anew at every save\n` +
        'npx holdfast tools call greet \'{"name":"Ann"}\'     calls one, as an agent would\n',
    );
  });
}

/** Says whether it was written: what is there already is somebody's. */
function write(path: string, text: string): boolean {
  try {
    if (existsSync(path)) return false;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    const code = codeOf(error) ?? 'unknown error';
    throw new Failure('invalid', `${path} cannot be written (${code})`, { cause: error });
  }
}
