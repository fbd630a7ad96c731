/** The few kinds of failure that callers tell apart. Transports map them; nobody else needs more. */
export type FailureCode =
  | 'invalid'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'limited'
  | 'cancelled'
  | 'timeout'
  | 'unavailable'
  | 'internal';

/**
 * A failure we foresaw. Its message is written for the caller and is safe to
 * send; whatever is not (a driver's text, a path, a query) belongs in `cause`,
 * which is logged and never sent.
 */
export class Failure extends Error {
  override readonly name: string = 'Failure';
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
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
