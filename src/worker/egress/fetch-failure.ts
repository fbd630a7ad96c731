import { Failure, type FailureCode } from '../../shared/errors.ts';

/** How a request ended, as it is counted. */
export type FetchOutcome =
  | 'ok'
  /** It was answered with a status of 400 to 499. */
  | 'refused_by_server'
  /** It was answered with a status of 500 or more. */
  | 'failed_at_server'
  /** It, or what it was redirected to, was not to be asked. */
  | 'forbidden'
  | 'too_large'
  | FailureCode;

/** The `code` of an error that tells of an address that may not be connected to. */
export const FORBIDDEN_ADDRESS = 'FORBIDDEN_ADDRESS';

/** A request that a model can mend, by asking for something else. It is counted as what it is. */
export class FetchFailure extends Failure {
  override readonly name = 'FetchFailure';
  readonly outcome: FetchOutcome;

  constructor(outcome: 'forbidden' | 'too_large' | 'invalid', message: string) {
    super('invalid', message);
    this.outcome = outcome;
  }
}
