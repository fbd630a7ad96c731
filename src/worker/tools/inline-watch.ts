import type { Logger } from '../../shared/logger.ts';
import { LoopWatch, type OnHeld } from './loop-watch.ts';
import type { Prototypes } from './prototypes.ts';
import type { Tool } from './tool.ts';

export interface InlineWatchOptions {
  readonly prototypes: Prototypes;
  /** Lets no call of a tool begin for so long. */
  readonly hold: (tool: Tool, ms: number) => void;
  /** A prototype was changed: by that tool, if it is known by which. */
  readonly onLitter: (tool: string | undefined) => void;
  readonly onHeld: OnHeld;
  readonly log: Logger;
}

/** The calls of one tool that run. */
interface Runs {
  readonly tool: Tool;
  count: number;
}

/** One call that runs. */
interface Run {
  readonly of: Runs;
  readonly beganAt: number;
}

/** A look at what loops do not see costs more: it is taken once in so many calls. */
const CLOSE_LOOK_EVERY = 256;
/** Long enough that the log is read before it comes again. */
const HOLD_MS = 60_000;
/** Names in one line of the log. */
const NAMED_MAX = 10;

/**
 * Watches the tools that run in this thread, with everybody else's code: who keeps that waiting is told of, and what they change of the prototypes that all share is
 * undone when their call ends, and a tool that did so is held back. If several ran meanwhile, it is the one that did every time.
 */
export class InlineWatch {
  readonly #options: InlineWatchOptions;
  /** The tools that ran since the last close look, and how many calls of each run now. */
  readonly #ran = new Map<Tool, Runs>();
  readonly #loop: LoopWatch;
  #suspects: ReadonlySet<Tool> = new Set();
  #calls = 0;
  /** Loads under way. */
  #loads = 0;

  constructor(options: InlineWatchOptions) {
    this.#options = options;
    this.#loop = new LoopWatch({
      onHeld: options.onHeld,
      alone: () => {
        const [tool, ...others] = this.#running();
        return others.length === 0 ? tool?.name : undefined;
      },
      now: () => performance.now(),
    });
  }

  /** A call begins. What this returns is told when it is really over. */
  begin(tool: Tool): Run {
    if (this.#options.prototypes.isLittered) this.#cleanUp(this.#running());
    let runs = this.#ran.get(tool);
    if (runs === undefined) {
      runs = { tool, count: 0 };
      this.#ran.set(tool, runs);
    }
    runs.count += 1;
    return { of: runs, beganAt: this.#loop.begin() };
  }

  /** A call is really over. */
  end({ of: runs, beganAt }: Run): void {
    if (this.#options.prototypes.isLittered) this.#cleanUp(this.#running());
    this.#loop.end(runs.tool.name, beganAt);
    this.#calls += 1;
    if (this.#calls % CLOSE_LOOK_EVERY === 0) this.#lookClosely();
    runs.count -= 1;
  }

  /**
   * Modules are loaded until what this returns is disposed of, whose libraries may add what was missing: nothing is undone or held
   * against anybody meanwhile, and what they added stays. What was done before is looked for first.
   */
  lookAway(): Disposable {
    this.#lookClosely();
    this.#loads += 1;
    return {
      [Symbol.dispose]: () => {
        this.#loads -= 1;
        if (this.#loads === 0) this.#options.prototypes.renew();
      },
    };
  }

  #running(): Tool[] {
    return [...this.#ran.values()].flatMap(({ tool, count }) => (count > 0 ? [tool] : []));
  }

  #lookClosely(): void {
    this.#cleanUp([...this.#ran.keys()]);
    for (const { tool, count } of this.#ran.values()) if (count === 0) this.#ran.delete(tool);
  }

  /** Undoes what was changed, by one of these. */
  #cleanUp(by: readonly Tool[]): void {
    if (this.#loads > 0) return;
    const { prototypes, onLitter, hold, log } = this.#options;
    const changed = prototypes.restore();
    if (changed.length === 0) return;
    const ran = new Set(by);
    const again = this.#suspects.intersection(ran);
    this.#suspects = again.size > 0 ? again : ran;
    const suspects = [...this.#suspects];
    log.error('a prototype that all code shares was changed', {
      changed: changed.slice(0, NAMED_MAX),
      tools: suspects.slice(0, NAMED_MAX).map(({ name }) => name),
    });
    const culprit = suspects.length === 1 ? suspects[0] : undefined;
    onLitter(culprit?.name);
    if (culprit === undefined) return;
    this.#suspects = new Set();
    hold(culprit, HOLD_MS);
  }
}
