import type { ClientBase } from 'pg';

import type { Abortable } from '../../domain/cancellation.ts';
import type { Loan } from './loan.ts';
import { type Manner, Pipeline } from './pipeline.ts';
import type { PreparedStatement } from './prepared-statements.ts';
import type { Answer } from './run.ts';

/** Where pipelines get their connections from. */
export interface PipelineSource {
  readonly lend: (signal: AbortSignal) => Promise<Loan>;
  /** Makes names in statements mean what they mean here. */
  readonly enter: (client: ClientBase) => Promise<void>;
}

/** Where calls of quick statements follow each other: a pipeline for each statement. */
export class Pipelines<Value> {
  readonly #manner: Manner<Value>;
  readonly #source: PipelineSource;
  readonly #open = new Map<PreparedStatement, Pipeline<Value>>();

  constructor(manner: Manner<Value>, source: PipelineSource) {
    this.#manner = manner;
    this.#source = source;
  }

  /**
   * Runs a statement, with others of the same if there are any. `values` are as Postgres reads them. Resolves with nothing if it is
   * to be run where it is alone.
   */
  async run(
    statement: PreparedStatement,
    values: readonly (string | null)[],
    call: Abortable,
  ): Promise<Answer<Value> | undefined> {
    if (call.aborted) throw call.reason;
    return this.#of(statement).run(values, call);
  }

  /** One that takes no more goes on with what it has. */
  #of(statement: PreparedStatement): Pipeline<Value> {
    const known = this.#open.get(statement);
    if (known?.isOpen === true) return known;
    const pipeline = new Pipeline(statement, this.#manner, () => {
      if (this.#open.get(statement) === pipeline) this.#open.delete(statement);
    });
    this.#open.set(statement, pipeline);
    void this.#begin(pipeline);
    return pipeline;
  }

  async #begin(pipeline: Pipeline<Value>): Promise<void> {
    const { lend, enter } = this.#source;
    try {
      const loan = await lend(pipeline.abandoned);
      if (!pipeline.take(loan)) return;
      await enter(loan.client);
      pipeline.begin();
    } catch (error) {
      pipeline.fail(error);
    }
  }
}
