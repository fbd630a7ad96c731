import { codeOf, Failure } from './errors.ts';

/**
 * Why a process of ours ended, or could not begin. The names cross the wire: in the fatal report, the
 * state endpoint, and as labels of metrics. docs/operating.md says of each what to do.
 */
export const CRASH_CLASSES = [
  'usage',
  'config',
  'missing_module',
  'dep_auth',
  'dep_unreachable',
  'port_in_use',
  'oom_heap',
  'oom_cgroup',
  'resource',
  'hang',
  'ready_timeout',
  'clean_exit',
  'uncaught',
  'killed',
  'poison',
  'supervisor_bug',
] as const;
/** One of the classes above. */
export type CrashClass = (typeof CRASH_CLASSES)[number];

/** What a dependency says when it turns us down: no waiting mends it. Postgres by SQLSTATE, Redis by its first word, TLS by Node's code. */
export const REFUSALS: ReadonlySet<string> = new Set(
  [
    '28P01 28000 3D000 42501',
    'WRONGPASS NOAUTH NOPERM',
    'ERR_TLS_CERT_ALTNAME_INVALID DEPTH_ZERO_SELF_SIGNED_CERT SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE UNABLE_TO_GET_ISSUER_CERT_LOCALLY CERT_HAS_EXPIRED',
  ].flatMap((codes) => codes.split(' ')),
);

const OF_CODES: Readonly<Record<string, CrashClass>> = {
  MODULE_NOT_FOUND: 'missing_module',
  ERR_MODULE_NOT_FOUND: 'missing_module',
  ERR_DLOPEN_FAILED: 'missing_module',
  EADDRINUSE: 'port_in_use',
  EMFILE: 'resource',
  ENFILE: 'resource',
  EAGAIN: 'resource',
  ENOMEM: 'resource',
};

/** The class of an error that ended a process, as far as the error itself tells. */
export function crashClassOf(thrown: unknown): CrashClass {
  if (thrown instanceof Failure && thrown.crashClass !== undefined) return thrown.crashClass;
  const code = findCode(thrown);
  if (code !== undefined && REFUSALS.has(code)) return 'dep_auth';
  const known = code === undefined ? undefined : OF_CODES[code];
  if (known !== undefined) return known;
  if (!(thrown instanceof Failure)) return 'uncaught';
  if (thrown.code === 'invalid') return 'config';
  if (thrown.code === 'unavailable') return 'dep_unreachable';
  // Another has what can be had once: the state folder.
  if (thrown.code === 'conflict') return 'port_in_use';
  return 'uncaught';
}

/** The code of an error, or of what caused it. */
function findCode(thrown: unknown): string | undefined {
  const code = codeOf(thrown);
  if (code !== undefined && !(thrown instanceof Failure)) return code;
  return thrown instanceof Error && thrown.cause !== undefined ? findCode(thrown.cause) : undefined;
}
