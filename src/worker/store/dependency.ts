import { unlessLate } from '../../shared/abort.ts';
import { type CrashClass, REFUSALS } from '../../shared/crash-class.ts';
import { codeOf } from '../../shared/errors.ts';
import type { DependencyReport } from '../../shared/ipc.ts';

/** A server we depend on, and how to ask it something it can only answer if it works. */
export interface Dependency {
  /** What it is called in the log and in the state: `postgres`. */
  readonly name: string;
  /** Whether readiness counts on it once we serve. */
  readonly required: boolean;
  /** Where it is, without credentials. */
  readonly address: string;
  /** The variable that says where it is. */
  readonly variable: string;
  readonly ask: () => Promise<unknown>;
}

/** What is wrong with a dependency, in words of ours: those of a driver may hold a secret. */
export interface Trouble {
  readonly class: Extract<CrashClass, 'dep_auth' | 'dep_unreachable'>;
  readonly code: string;
  readonly message: string;
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'host cannot be reached',
  ENETUNREACH: 'network cannot be reached',
  ENOTFOUND: 'getaddrinfo: the host is not known',
  EAI_AGAIN: 'getaddrinfo: the name server does not answer',
  '25006': 'it takes no writes: it is a replica, or set to read only',
  '53100': 'its disk is full',
  '57P01': 'it is shutting down',
  '57P03': 'it is starting up',
  '53300': 'it has too many connections',
  '28P01': 'password authentication failed',
  '28000': 'the user may not connect',
  '3D000': 'the database does not exist',
  '42501': 'the user has not enough rights',
  WRONGPASS: 'user or password is wrong',
  NOAUTH: 'it asks for a password',
  NOPERM: 'the user has not enough rights',
  LOADING: 'it is loading its data',
  OOM: 'its memory is full',
  READONLY: 'it takes no writes: it is a replica',
  MISCONF: 'it takes no writes: its disk fails',
  TIMEOUT: 'no answer in time',
  NO_PASSWORD: 'it asks for a password, and there is none',
  CLOSED: 'the connection was closed',
};

/** Drivers that have no code for it say it in a text, of which we read no more than this. */
const TEXTS: readonly { readonly pattern: RegExp; readonly code: string }[] = [
  { pattern: /client password must be a string/, code: 'NO_PASSWORD' },
  {
    pattern: /^timeout (expired|exceeded)|Connection timeout|^Command timed out|^Socket timeout/,
    code: 'TIMEOUT',
  },
  { pattern: /^Connection terminated|^Connection is closed|isn't writeable/, code: 'CLOSED' },
];
/** Redis says what it means with the first word of its answer. */
const REDIS_WORDS: ReadonlySet<string> = new Set([
  'WRONGPASS',
  'NOAUTH',
  'NOPERM',
  'LOADING',
  'OOM',
  'READONLY',
  'MISCONF',
]);
const IS_REFUSAL = new Set([...REFUSALS, 'NO_PASSWORD']);

/** Says what is wrong, given what a driver threw. */
export function describeTrouble(error: unknown): Trouble {
  const code = findCode(error);
  const message = WORDS[code] ?? 'it does not answer as it should';
  return { class: IS_REFUSAL.has(code) ? 'dep_auth' : 'dep_unreachable', code, message };
}

/** Asks a dependency how it is. Never rejects. */
export async function probe(dependency: Dependency, timeoutMs: number): Promise<DependencyReport> {
  const { name, required, address } = dependency;
  const startedAt = performance.now();
  try {
    await unlessLate(dependency.ask(), timeoutMs);
    const latencyMs = Math.round((performance.now() - startedAt) * 10) / 10;
    return { ...NOTHING_WRONG, name, required, address, status: 'up', latencyMs };
  } catch (error) {
    return { ...NOTHING_WRONG, name, required, address, status: 'down', ...describeTrouble(error) };
  }
}

const NOTHING_WRONG = {
  class: undefined,
  code: undefined,
  message: undefined,
  latencyMs: undefined,
  attempt: undefined,
  nextInMs: undefined,
} as const;

function findCode(error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') return 'TIMEOUT';
  const code = codeOf(error);
  if (code !== undefined) return code;
  if (!(error instanceof Error)) return 'unknown';
  const [word = ''] = error.message.split(' ');
  if (REDIS_WORDS.has(word)) return word;
  return TEXTS.find(({ pattern }) => pattern.test(error.message))?.code ?? error.name;
}
