import { Failure } from '../shared/errors.ts';
import type { ListedSession, SessionsNamed } from '../worker/store/administered-sessions.ts';
import { openDatabase } from './database.ts';
import type { AskExit } from './exit-codes.ts';
import { attempt, printList, type Surroundings } from './surroundings.ts';
import { type Cell, minuteOf, NOTHING, plain } from './table.ts';

export interface ListSessionsOptions {
  readonly principal?: string;
  readonly all?: boolean;
  readonly limit: string;
  readonly json?: boolean;
}

export interface EndSessionsOptions {
  readonly principal?: string;
}

const LIMIT_MAX = 10_000;
const NUMBER = /^[1-9]\d{0,14}$/;
const TRANSPORTS: Readonly<Record<string, string>> = {
  'streamable-http': 'HTTP',
  websocket: 'WebSocket',
};

/** Prints the sessions that there are. */
export async function listSessions(
  { principal, all = false, limit, json = false }: ListSessionsOptions,
  surroundings: Surroundings,
): Promise<AskExit> {
  return attempt(surroundings, async () => {
    const wanted = { principal, ended: all, limit: parseLimit(limit) };
    await using database = await openDatabase(surroundings);
    const store = await import('../worker/store/administered-sessions.ts');
    const things = await database.transact((client) => store.listSessions(client, wanted));
    const heading = ['NUMBER', 'ID', 'PRINCIPAL', 'OVER', 'ADDRESS', 'BEGUN', 'SEEN', 'ENDED'];
    printList({ things, heading: [...heading, 'PROGRAM'], rowOf }, surroundings, json);
  });
}

/** Ends the sessions that are named, at every worker within seconds. */
export async function endSessions(
  number: string | undefined,
  { principal }: EndSessionsOptions,
  surroundings: Surroundings,
): Promise<AskExit> {
  return attempt(surroundings, async () => {
    const named = parseNamed(number, principal);
    const subject = subjectOf(named);
    await using database = await openDatabase(surroundings);
    const store = await import('../worker/store/administered-sessions.ts');
    const { recordAdministration } = await import('../worker/store/administration.ts');
    const ended = await database.transact(async (client) => {
      const count = await store.endSessions(client, named);
      if (count === 0) throw new Failure('invalid', `There is no open session ${plain(subject)}`);
      await recordAdministration(client, { action: 'session end', subject });
      return count;
    });
    const what = ended === 1 ? '1 session is' : `${ended} sessions are`;
    surroundings.complain(`${what} ended. Workers know of it within 5 s.\n`);
  });
}

/** What agents say of themselves comes last, where it is cut off. */
function rowOf(session: ListedSession): readonly Cell[] {
  const { client, revision, endedAt, endReason = '' } = session;
  return [
    { text: String(session.number) },
    { text: plain(`${session.id}…`) },
    { text: plain(session.principal) },
    { text: TRANSPORTS[session.transport] ?? plain(session.transport) },
    { text: plain(session.address ?? NOTHING) },
    { text: minuteOf(session.createdAt) },
    { text: minuteOf(session.lastSeenAt) },
    { text: endedAt === undefined ? NOTHING : plain(`${minuteOf(endedAt)} ${endReason}`) },
    { text: plain(`${client.name} ${client.version}, ${revision}`) },
  ];
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= LIMIT_MAX) return limit;
  throw new Failure('invalid', `--limit is a number from 1 to ${LIMIT_MAX}`);
}

function parseNamed(number: string | undefined, principal: string | undefined): SessionsNamed {
  if (number === undefined && principal !== undefined) return { principal };
  if (number === undefined || principal !== undefined) {
    throw new Failure('invalid', 'Name one session by its number, or all of one with --principal');
  }
  if (NUMBER.test(number)) return { number };
  throw new Failure('invalid', 'A session is named by the number that "sessions list" shows');
}

function subjectOf(named: SessionsNamed): string {
  return 'number' in named ? named.number : `of ${named.principal}`;
}
