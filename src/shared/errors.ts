import type { CrashClass } from './crash-class.ts';

/** The few kinds of failure that callers tell apart. Transports map them; nobody else needs more. */
export type FailureCode =
  | 'invalid'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'limited'
  | 'quarantined'
  | 'cancelled'
  | 'timeout'
  | 'unavailable'
  | 'internal';

/** What else is known of a failure. */
export interface FailureOptions extends ErrorOptions {
  /** One imperative sentence for the operator, with the setting's name: what to do. Never sent to a caller. */
  readonly remedy?: string;
  /** What it is called should it end a process, where its code does not say so. */
  readonly crashClass?: CrashClass;
  /** When it is worth while to try again, where that is known better than by its code. */
  readonly retryAfterMs?: number;
  /** What the caller would have to be allowed (`forbidden`): all of it, so that it can ask for it at once. */
  readonly scopes?: readonly string[];
}

/**
 * A failure we foresaw. Its message is written for the caller and is safe to
 * send; whatever is not (a driver's text, a path, a query) belongs in `cause`,
 * which is logged and never sent.
 */
export class Failure extends Error {
  override readonly name: string = 'Failure';
  readonly code: FailureCode;
  readonly remedy: string | undefined;
  readonly crashClass: CrashClass | undefined;
  readonly retryAfterMs: number | undefined;
  readonly scopes: readonly string[] | undefined;

  constructor(code: FailureCode, message: string, options?: FailureOptions) {
    super(message, options);
    this.code = code;
    this.remedy = options?.remedy;
    this.crashClass = options?.crashClass;
    this.retryAfterMs = options?.retryAfterMs;
    this.scopes = options?.scopes;
  }

  /** Makes a failure of anything thrown. What we did not foresee becomes `internal`, its text withheld. */
  static from(thrown: unknown): Failure {
    if (thrown instanceof Failure) return thrown;
    return new Failure('internal', 'Internal error', { cause: thrown });
  }
}

/** The `code` that Node, Postgres and Redis put on their errors (`ECONNREFUSED`, `28P01`), if there is one. */
export function codeOf(thrown: unknown): string | undefined {
  if (thrown instanceof AggregateError) return thrown.errors.map(codeOf).find(Boolean);
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}
