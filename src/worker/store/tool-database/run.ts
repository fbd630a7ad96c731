import type { Abortable } from '../../domain/cancellation.ts';
import type { DataRow, Row, Shape } from './rows.ts';

/** What came of one run. */
export interface Answer<Value> {
  readonly rows: readonly Row<Value>[];
  readonly columns: readonly string[];
  /** Whether that is all. */
  readonly isThrough: boolean;
}

/** A statement, run for one call. */
export class Run<Value> {
  /** As Postgres reads them. */
  readonly values: readonly (string | null)[];
  readonly #call: Abortable;
  readonly #onGivenUp: (run: Run<Value>) => void;
  readonly #answer = Promise.withResolvers<Answer<Value> | undefined>();
  readonly #rows: Row<Value>[] = [];
  #isThrough = true;
  #fault: { readonly error: unknown } | undefined;
  #isSettled = false;

  constructor(
    values: readonly (string | null)[],
    call: Abortable,
    onGivenUp: (run: Run<Value>) => void,
  ) {
    this.values = values;
    this.#call = call;
    this.#onGivenUp = onGivenUp;
    call.addEventListener('abort', this);
  }

  /** Nothing, if it is to be run elsewhere. */
  get answer(): Promise<Answer<Value> | undefined> {
    return this.#answer.promise;
  }

  /** Nobody waits for it any more. What was sent of it is answered all the same. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** What is wrong with a row is told when all are here. */
  add(row: DataRow, shape: Shape<Value>): void {
    if (this.#isSettled) return;
    try {
      this.#rows.push(shape.rowOf(row));
    } catch (error) {
      this.#fault ??= { error };
    }
  }

  /** There are more rows, which are not fetched. */
  stop(): void {
    this.#isThrough = false;
  }

  /** All is here. */
  end(shape: Shape<Value> | undefined): void {
    this.#settle();
    const { columns = [] } = shape ?? {};
    if (this.#fault !== undefined) this.#answer.reject(this.#fault.error);
    else this.#answer.resolve({ rows: this.#rows, columns, isThrough: this.#isThrough });
  }

  fail(error: unknown): void {
    this.#settle();
    this.#answer.reject(error);
  }

  /** It is to be run elsewhere. */
  handBack(): void {
    this.#settle();
    this.#answer.resolve(undefined);
  }

  /** Its call is given up. */
  handleEvent(): void {
    this.fail(this.#call.reason);
    this.#onGivenUp(this);
  }

  #settle(): void {
    this.#isSettled = true;
    this.#call.removeEventListener('abort', this);
  }
}
