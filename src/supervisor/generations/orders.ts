import { setTimeout as sleep } from 'node:timers/promises';

import type { FromSupervisor, FromWorker } from '../../shared/ipc.ts';

/** A worker that serves, as far as it matters for what it serves. */
export interface ServingWorker {
  readonly slot: number;
  /** Which generation it serves, as it last said. */
  readonly toolGeneration: string | undefined;
  /** Resolves when it has ended. */
  readonly exited: Promise<unknown>;
  tell(message: FromSupervisor): void;
}

/** What a worker says of an order about a generation. */
export type SaidOfGeneration = Extract<FromWorker, { type: 'generation' }>;

type Answered = Extract<FromSupervisor, { type: 'generation' }>['step'] & ('prepare' | 'swap');

interface Order {
  readonly generation: string;
  readonly step: Answered;
  readonly answer: (fault: string | undefined) => void;
}

/** Tells workers what to do about a generation, and waits for what each says to it. */
export class Orders {
  readonly #deadlineMs: number;
  /** One for each worker: it has to answer before it is told more. */
  readonly #open = new Map<ServingWorker, Order>();

  constructor(deadlineMs: number) {
    this.#deadlineMs = deadlineMs;
  }

  /**
   * Resolves with nothing once the worker has done it; else with why it has not: it cannot, it ended, it said nothing in time,
   * or `signal` was aborted.
   */
  async give(
    step: Answered,
    generation: string,
    worker: ServingWorker,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { promise, resolve: answer } = Promise.withResolvers<string | undefined>();
    const order = { generation, step, answer };
    this.#open.set(worker, order);
    worker.tell({ type: 'generation', generation, step });
    const over = new AbortController();
    const patience = AbortSignal.any([over.signal, signal]);
    const late = sleep(this.#deadlineMs, `it did not answer in ${this.#deadlineMs} ms`, {
      signal: patience,
    }).catch(() => 'Holdfast stops');
    const gone = worker.exited.then(() => 'it ended');
    const fault = await Promise.race([promise, gone, late]);
    over.abort();
    if (this.#open.get(worker) === order) this.#open.delete(worker);
    return fault;
  }

  /** Takes what a worker says. What nobody waits for is passed over. */
  heed({ generation, step, message }: SaidOfGeneration, from: ServingWorker): void {
    const order = this.#open.get(from);
    if (order?.generation !== generation) return;
    if (step === 'unfit') order.answer(message ?? 'it cannot load them');
    else if (step === (order.step === 'prepare' ? 'prepared' : 'swapped')) order.answer(undefined);
  }
}
