import type { ReportProgress } from '../domain/context.ts';
import type { RequestId } from '../protocol/frame.ts';
import type { Call } from '../protocol/methods.ts';
import { Allowance } from './allowance.ts';

export interface ProgressOptions {
  readonly token: RequestId;
  readonly notify: Call<unknown>['notify'];
  /** Whether its revision lets progress come with a message. */
  readonly hasMessages: boolean;
  /** Told of what is not sent, because something newer is. */
  readonly onDropped: () => void;
}

interface Report {
  readonly progress: number;
  readonly total: number | undefined;
  readonly message: string | undefined;
}

/** What somebody can look at. */
const REPORTS_PER_S = 10;
/** Callers take silence for the end, many of them after a minute. */
const HEARTBEAT_MS = 20_000;
const HEARTBEAT = 'Still running';
/** More than a line of it is not shown anywhere. */
const MESSAGE_LENGTH_MAX = 1_000;
/** So little that nobody sees it, and that a number shows it. */
const STEP = 2 ** -20;

/**
 * What a caller is told of how far its call is (basic/utilities/progress). It only ever rises. Of what comes too fast the latest
 * is told, and the last before the answer. While a tool says nothing, it is told every 20 s that it still runs.
 */
export class Progress {
  readonly #options: ProgressOptions;
  readonly #allowance = new Allowance({
    perS: REPORTS_PER_S,
    onRenewed: () => {
      this.#catchUp();
    },
  });
  /** What the tool said last, and what was told: heartbeats come in between. */
  #said = Number.NEGATIVE_INFINITY;
  #told = Number.NEGATIVE_INFINITY;
  #total: number | undefined;
  #waiting: Report | undefined;
  #heart: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#rest();
  }

  readonly report: ReportProgress = async (progress, total, message) => {
    // JSON has no number that is none, or has no end.
    if (this.#isOver || !Number.isFinite(progress) || progress <= this.#said) return;
    this.#said = progress;
    this.#total = Number.isFinite(total) ? total : undefined;
    // Tools are not all written in TypeScript.
    const text: unknown = message;
    const report = {
      progress,
      total: this.#total,
      message: typeof text === 'string' ? text : undefined,
    };
    if (this.#allowance.take()) {
      await this.#tell(report);
      return;
    }
    if (this.#waiting !== undefined) this.#options.onDropped();
    this.#waiting = report;
    await this.#allowance.giveWay();
  };

  /** Tells what is left to be told. Nothing comes after it. */
  async end(): Promise<void> {
    this.#isOver = true;
    clearTimeout(this.#heart);
    this.#allowance.end();
    if (this.#waiting !== undefined) await this.#tell(this.#waiting);
  }

  async #tell({ progress, total, message }: Report): Promise<void> {
    const { token, notify, hasMessages } = this.#options;
    this.#waiting = undefined;
    this.#told = progress > this.#told ? progress : this.#raised();
    this.#rest();
    await notify('notifications/progress', {
      progressToken: token,
      progress: this.#told,
      ...(total === undefined ? {} : { total }),
      ...(hasMessages && message !== undefined
        ? { message: message.slice(0, MESSAGE_LENGTH_MAX) }
        : {}),
    });
  }

  /** Tells what came too fast. */
  #catchUp(): void {
    if (this.#waiting === undefined || !this.#allowance.take()) return;
    // The outlet's own trouble is told to whoever waits for the answer.
    this.#tell(this.#waiting).catch(() => undefined);
  }

  /** Waits until silence has to be broken, unless all is said. */
  #rest(): void {
    clearTimeout(this.#heart);
    if (this.#isOver) return;
    this.#heart = setTimeout(() => {
      this.#beat();
    }, HEARTBEAT_MS).unref();
  }

  #beat(): void {
    const progress = this.#told === Number.NEGATIVE_INFINITY ? 0 : this.#raised();
    const total = this.#total !== undefined && progress <= this.#total ? this.#total : undefined;
    this.#tell({ progress, total, message: HEARTBEAT }).catch(() => undefined);
  }

  /** A little more than was told: half of what is left at most, so that it does not say that all is done. */
  #raised(): number {
    const step = Math.max(1, Math.abs(this.#told)) * STEP;
    const left = (this.#total ?? Number.POSITIVE_INFINITY) - this.#told;
    const careful = this.#told + Math.min(step, left / 2);
    return careful > this.#told ? careful : this.#told + step;
  }
}
