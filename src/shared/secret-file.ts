import { readFileSync } from 'node:fs';

import { codeOf, Failure } from './errors.ts';

/**
 * A secret of the environment: in the variable, or in the file that `NAME_FILE` names, as Docker and Kubernetes mount them. Throws
 * a `Failure` if both are set, or the file cannot be read or holds nothing.
 */
export function readSecret(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const { [name]: value, [`${name}_FILE`]: path } = env;
  if (!path) return value || undefined;
  if (value) throw new Failure('invalid', `${name}: is set, and ${name}_FILE too`);
  const text = readText(`${name}_FILE`, path);
  // Nothing would be taken for a variable that is not set, and another secret be used in its place.
  if (text === '') throw new Failure('invalid', `${name}_FILE: there is nothing in the file`);
  return text;
}

function readText(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    const code = codeOf(error) ?? 'unknown error';
    throw new Failure('invalid', `${name}: cannot be read (${code})`, { cause: error });
  }
}
