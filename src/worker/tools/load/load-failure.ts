import { Failure } from '../../../shared/errors.ts';
import { type Fault, sentenceOf } from '../../../shared/proof.ts';

const NOWHERE = { line: undefined, column: undefined } as const;

/** Files that cannot be served, and what is wrong with each. */
export class LoadFailure extends Failure {
  override readonly name = 'LoadFailure';
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[], options?: ErrorOptions) {
    super('invalid', faults.map(sentenceOf).join('. '), options);
    this.faults = faults;
  }

  /** The same, of a tool, a resource or a prompt. */
  about(subject: string): LoadFailure {
    return new LoadFailure(
      this.faults.map((fault) => ({ ...fault, subject })),
      { cause: this.cause },
    );
  }

  /** Makes one of anything that went wrong, with a file or a subject of it where that is known. */
  static of(thrown: unknown, file?: string, subject?: string): LoadFailure {
    if (thrown instanceof LoadFailure) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new LoadFailure([{ ...NOWHERE, file, subject, message }], { cause: thrown });
  }

  /** Throws all of them as one, if there are any. */
  static throwAny(failures: readonly LoadFailure[]): void {
    const [first] = failures;
    if (first === undefined) return;
    throw new LoadFailure(
      failures.flatMap(({ faults }) => faults),
      { cause: first.cause },
    );
  }
}
