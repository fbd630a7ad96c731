import { findStateFolder } from '../shared/config.ts';
import { findEmbeddedPostgres } from '../shared/embedded-file.ts';
import { Failure } from '../shared/errors.ts';
import { readSecret } from '../shared/secret-file.ts';
import type { OpenDatabase } from '../worker/store/administer.ts';
import type { Surroundings } from './surroundings.ts';

/** What the help of each command says that asks the database. */
export const DATABASE_HELP =
  '\nIt goes to the database: that of DATABASE_URL, else the embedded one of this folder.' +
  '\n\nExit codes: 0 done, 1 usage, 3 not allowed, 4 the database cannot be reached.';

/**
 * Opens the database that is administered: the one of `DATABASE_URL`, else the embedded one of this project. Throws a
 * `Failure` where there is none, where it cannot be reached, and where no Holdfast has been at work.
 */
export async function openDatabase({
  env,
  workingFolder,
}: Pick<Surroundings, 'env' | 'workingFolder'>): Promise<OpenDatabase> {
  const given = readSecret(env, 'DATABASE_URL');
  const folder = findStateFolder(env, workingFolder);
  const url = given ?? (folder === undefined ? undefined : findEmbeddedPostgres(folder));
  if (url === undefined) {
    throw new Failure('invalid', 'There is no database to be found', {
      remedy:
        'Set DATABASE_URL, or run this in the folder, and as the user, that Holdfast was started in.',
    });
  }
  if (given !== undefined) checkUrl(given);
  // Whatever asks no database does without its packages.
  const { openForAdministration } = await import('../worker/store/administer.ts');
  return openForAdministration(url);
}

/** It may hold a password, and so is not repeated. */
function checkUrl(url: string): void {
  if (/^postgres(ql)?:$/.test(URL.parse(url)?.protocol ?? '')) return;
  throw new Failure('invalid', 'DATABASE_URL: expected a URL like postgresql://host:5432/database');
}
