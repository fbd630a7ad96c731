import type { FromSupervisor, FromWorker } from '../../../src/shared/ipc.ts';
import type { ServingWorker } from '../../../src/supervisor/generations/orders.ts';

/** What a double does when it is told something about a generation. */
export type Reaction = 'obeys' | 'is-unfit' | 'says-nothing' | 'ends';

/** A worker that is only an object: it does as it is told, or as a test says. */
export class DoubleWorker implements ServingWorker {
  readonly slot: number;
  readonly told: string[] = [];
  readonly #ended = Promise.withResolvers<void>();
  readonly exited = this.#ended.promise;
  /** How it reacts to `prepare` and to `swap`. */
  reactions: { prepare: Reaction; swap: Reaction } = { prepare: 'obeys', swap: 'obeys' };
  toolGeneration: string | undefined;
  isServing = true;
  /** Called with what it says. */
  say: (said: FromWorker) => void = () => undefined;
  /** Called before it reacts. */
  onTold: (what: string) => void = () => undefined;

  constructor(slot: number, toolGeneration: string) {
    this.slot = slot;
    this.toolGeneration = toolGeneration;
  }

  tell(message: FromSupervisor): void {
    if (message.type !== 'generation') return;
    const { generation, step } = message;
    const what = `${step} ${generation}`;
    this.told.push(what);
    this.onTold(what);
    // Nobody answers in the same breath.
    if (step !== 'drop') queueMicrotask(() => this.#react(step, generation));
  }

  end(): void {
    this.isServing = false;
    this.#ended.resolve();
  }

  #react(step: 'prepare' | 'swap', generation: string): void {
    const type = 'generation';
    switch (this.reactions[step]) {
      case 'obeys':
        if (step === 'swap') this.toolGeneration = generation;
        this.say({
          type,
          generation,
          step: step === 'swap' ? 'swapped' : 'prepared',
          message: undefined,
        });
        return;
      case 'is-unfit':
        this.say({ type, generation, step: 'unfit', message: 'add.ts cannot be loaded' });
        return;
      case 'ends':
        this.end();
        return;
      case 'says-nothing':
    }
  }
}
