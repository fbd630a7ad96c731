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
  readonly #answer = Promise.withResolvers<Answer<Value>>();
  readonly #rows: Row<Value>[] = [];
  #isThrough = true;
  #fault: { readonly error: unknown } | undefined;
  sentAt = 0;
  isGivenUp = false;

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

  get answer(): Promise<Answer<Value>> {
    return this.#answer.promise;
  }

  /** What is wrong with a row is told when all are here. */
  add(row: DataRow, shape: Shape<Value>): void {
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

  /** All is here. Returns how long it took, in milliseconds. */
  end(shape: Shape<Value> | undefined): number {
    const { columns = [] } = shape ?? {};
    if (this.#fault !== undefined) this.#answer.reject(this.#fault.error);
    else this.#answer.resolve({ rows: this.#rows, columns, isThrough: this.#isThrough });
    this.#call.removeEventListener('abort', this);
    return performance.now() - this.sentAt;
  }

  fail(error: unknown): void {
    this.#answer.reject(error);
    this.#call.removeEventListener('abort', this);
  }

  /** Its call is given up: it waits no longer. What was sent is answered all the same, and to nobody. */
  handleEvent(): void {
    this.isGivenUp = true;
    this.#answer.reject(this.#call.reason);
    this.#onGivenUp(this);
  }
}
