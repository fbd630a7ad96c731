import { Failure } from '../shared/errors.ts';
import { keepSecret, makeApiKey } from '../worker/auth/api-key.ts';
import type { KeptKey } from '../worker/domain/api-key.ts';
import { openDatabase } from './database.ts';
import { parseDuration } from './duration.ts';
import type { AskExit } from './exit-codes.ts';
import { attempt, printList, type Surroundings } from './surroundings.ts';
import { type Cell, minuteOf, NOTHING, plain } from './table.ts';

export interface CreateTokenOptions {
  readonly scope?: readonly string[];
  readonly expires?: string;
  readonly offline?: boolean;
}

/** A key, as it is listed. */
type ListedKey = Omit<KeptKey, 'salt' | 'hash'> & { readonly state: KeyState };
type KeyState = 'good' | 'expired' | 'revoked';

/** What names somebody, or a scope: visible, and short enough to be looked at (RFC 6749 §3.3 for scopes). */
const NAME = /^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/;
const SCOPES_MAX = 100;
const FORMATS = { good: 'green', expired: 'yellow', revoked: 'red' } as const;

/** Makes a key, and prints it: the only time that anybody sees it. */
export async function createToken(
  principal: string,
  { scope: scopes, expires, offline = false }: CreateTokenOptions,
  surroundings: Surroundings,
): Promise<AskExit> {
  return attempt(surroundings, async () => {
    checkName('<principal>', principal);
    for (const scope of scopes ?? []) checkName('--scope', scope);
    if ((scopes?.length ?? 0) > SCOPES_MAX) {
      throw new Failure('invalid', `A key has ${SCOPES_MAX} scopes at most`);
    }
    const expiresAt =
      expires === undefined
        ? undefined
        : new Date(Date.now() + parseDuration('--expires', expires));
    const { id, secret, text } = makeApiKey();
    if (!offline) {
      await using database = await openDatabase(surroundings);
      const { createKey } = await import('../worker/store/api-keys.ts');
      const { recordAdministration } = await import('../worker/store/administration.ts');
      await database.transact(async (client) => {
        await createKey(client, { id, principal, scopes, expiresAt, ...keepSecret(secret) });
        await recordAdministration(client, { action: 'token create', subject: id });
      });
    }
    surroundings.print(`${text}\n`);
    const what = scopes === undefined ? 'everything' : scopes.join(', ');
    surroundings.complain(
      offline
        ? 'This key is not known anywhere yet: put it into the file of MCP_BOOTSTRAP_TOKEN_FILE.\n'
        : `Key ${id} of ${principal}, for ${what}, ${untilOf(expiresAt)}. It is not shown again.\n`,
    );
  });
}

/** Prints the keys that there are. */
export async function listTokens(
  { json = false }: { readonly json?: boolean },
  surroundings: Surroundings,
): Promise<AskExit> {
  return attempt(surroundings, async () => {
    await using database = await openDatabase(surroundings);
    const { ApiKeys } = await import('../worker/store/api-keys.ts');
    const kept = await new ApiKeys(database.pool).list();
    const now = Date.now();
    const things = kept.map(({ salt: _salt, hash: _hash, ...key }): ListedKey => {
      return { ...key, state: stateOf(key, now) };
    });
    const heading = ['ID', 'PRINCIPAL', 'STATE', 'CREATED', 'EXPIRES', 'LAST USED', 'SCOPES'];
    printList({ things, heading, rowOf }, surroundings, json);
  });
}

/** Makes a key useless, at every worker within seconds. */
export async function revokeToken(id: string, surroundings: Surroundings): Promise<AskExit> {
  return attempt(surroundings, async () => {
    await using database = await openDatabase(surroundings);
    const { revokeKey } = await import('../worker/store/api-keys.ts');
    const { recordAdministration } = await import('../worker/store/administration.ts');
    await database.transact(async (client) => {
      if (!(await revokeKey(client, id))) throw noSuchKey(id);
      await recordAdministration(client, { action: 'token revoke', subject: id });
    });
    surroundings.complain(`Key ${id} is revoked. Workers know of it within 5 s.\n`);
  });
}

/** Makes a key that takes the place of another, which goes on for a while. */
export async function rotateToken(
  id: string,
  { grace }: { readonly grace: string },
  surroundings: Surroundings,
): Promise<AskExit> {
  return attempt(surroundings, async () => {
    const graceMs = parseDuration('--grace', grace);
    await using database = await openDatabase(surroundings);
    const { createKey, expireKey } = await import('../worker/store/api-keys.ts');
    const { recordAdministration } = await import('../worker/store/administration.ts');
    const made = makeApiKey();
    const old = await database.transact(async (client) => {
      const rotated = await expireKey(client, id, graceMs);
      if (rotated === undefined) throw noSuchKey(id);
      const { principal, scopes, createdAt, expiresAt: until } = rotated;
      // It is good for as long as the other was meant to be.
      const expiresAt = until && new Date(Date.now() + until.getTime() - createdAt.getTime());
      const fresh = { id: made.id, principal, scopes, expiresAt };
      await createKey(client, { ...fresh, ...keepSecret(made.secret) });
      await recordAdministration(client, { action: 'token rotate', subject: id });
      return rotated;
    });
    surroundings.print(`${made.text}\n`);
    surroundings.complain(
      `Key ${made.id} of ${old.principal} takes the place of ${id}, which is good for ${grace} more at most.\n`,
    );
  });
}

function rowOf({ id, principal, state, scopes, ...times }: ListedKey): readonly Cell[] {
  return [
    { text: id },
    { text: plain(principal) },
    { text: state, format: FORMATS[state] },
    { text: minuteOf(times.createdAt) },
    { text: times.expiresAt === undefined ? NOTHING : minuteOf(times.expiresAt) },
    { text: times.lastUsedAt === undefined ? NOTHING : minuteOf(times.lastUsedAt) },
    { text: scopes === undefined ? 'everything' : plain(scopes.join(' ')) },
  ];
}

function stateOf(
  { revokedAt, expiresAt }: Pick<KeptKey, 'revokedAt' | 'expiresAt'>,
  now: number,
): KeyState {
  if (revokedAt !== undefined) return 'revoked';
  return expiresAt !== undefined && expiresAt.getTime() <= now ? 'expired' : 'good';
}

function untilOf(expiresAt: Date | undefined): string {
  return expiresAt === undefined ? 'until it is revoked' : `until ${expiresAt.toISOString()}`;
}

function checkName(what: string, text: string): void {
  if (NAME.test(text)) return;
  throw new Failure('invalid', `${what} is 1 to 100 visible ASCII characters without quotes`);
}

function noSuchKey(id: string): Failure {
  return new Failure('invalid', `There is no key ${plain(id)} that could be changed`);
}
