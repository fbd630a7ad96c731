import { codeOf, Failure } from '../shared/errors.ts';
import type { FromSupervisor, FromWorker } from '../shared/ipc.ts';
import type { Catalogues } from './catalogues.ts';

type Order = Extract<FromSupervisor, { type: 'generation' }>;
type Answer = Extract<FromWorker, { type: 'generation' }>;

/** The sentence has to fit into one message, whatever a module threw. */
const MESSAGE_LENGTH_MAX = 2_000;

/** Does what the supervisor orders about generations, one after the other, and says what became of it. What comes before there are any waits. */
export class GenerationOrders {
  readonly #opened = Promise.withResolvers<Catalogues>();
  readonly #tell: (answer: Answer) => void;
  #last: Promise<void> = Promise.resolve();

  constructor(tell: (answer: Answer) => void) {
    this.#tell = tell;
  }

  /** Now there are. */
  open(catalogues: Catalogues): void {
    this.#opened.resolve(catalogues);
  }

  heed(order: Order): void {
    this.#last = this.#last.then(() => this.#obey(order));
  }

  async #obey({ generation, step }: Order): Promise<void> {
    const catalogues = await this.#opened.promise;
    try {
      switch (step) {
        case 'prepare':
          await catalogues.prepare(generation);
          this.#answer(generation, 'prepared');
          return;
        case 'swap':
          catalogues.swap(generation);
          this.#answer(generation, 'swapped');
          return;
        case 'drop':
          catalogues.drop(generation);
      }
    } catch (error) {
      this.#answer(generation, 'unfit', whyUnfit(error).slice(0, MESSAGE_LENGTH_MAX));
    }
  }

  #answer(generation: string, step: Answer['step'], message?: string): void {
    this.#tell({ type: 'generation', generation, step, message });
  }
}

/** A generation that is damaged on disk is not served, and what is served goes on. What was not foreseen is thrown again. */
function whyUnfit(error: unknown): string {
  if (error instanceof Failure) return error.message;
  const code = error instanceof SyntaxError ? 'SyntaxError' : codeOf(error);
  if (code === undefined) throw error;
  return `What is kept of it cannot be read (${code})`;
}
