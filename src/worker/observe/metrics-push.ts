import { unlessLate } from '../../shared/abort.ts';
import {
  type FromWorker,
  IPC_BYTES_MAX,
  type MetricFamily,
  type Series,
  seriesKey,
} from '../../shared/ipc.ts';

/** How often a worker tells what it counted. What it counted since is lost if it crashes. */
export const PUSH_MS = 5_000;
/** How long the last push may take: the supervisor may be too busy to read it. */
const LAST_PUSH_MS_MAX = 1_000;

/** A message that carries series. */
export type MetricsMessage = Extract<FromWorker, { type: 'metrics' }>;

export interface MetricsPushOptions {
  readonly read: () => Promise<readonly MetricFamily[]>;
  /** Resolves when the message has left this process. */
  readonly send: (message: MetricsMessage) => Promise<void>;
  /** Told what a push failed of. The next one begins anew. */
  readonly onError: (error: unknown) => void;
}

/** Tells the supervisor what changed, from its making until it is disposed of, and then once more. */
export class MetricsPush implements AsyncDisposable {
  readonly #options: MetricsPushOptions;
  readonly #timer: NodeJS.Timeout;
  #sent: ReadonlyMap<string, number> = new Map();
  #pushing: Promise<void> | undefined;

  constructor(options: MetricsPushOptions) {
    this.#options = options;
    this.#timer = setInterval(() => {
      this.push().catch(options.onError);
    }, PUSH_MS).unref();
  }

  /** Resolves when all that changed has been sent. One that runs already is joined. */
  push(): Promise<void> {
    this.#pushing ??= this.#push().finally(() => {
      this.#pushing = undefined;
    });
    return this.#pushing;
  }

  /** Sends what was counted last. Never rejects: nobody could mend it any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    const last = async (): Promise<void> => {
      // What runs already may have read too early.
      await this.#pushing;
      await this.push();
    };
    await unlessLate(last(), LAST_PUSH_MS_MAX).catch(this.#options.onError);
  }

  async #push(): Promise<void> {
    const { messages, sent } = changesSince(this.#sent, await this.#options.read());
    for (const message of messages) {
      // One after the other, so that the channel never holds much of them.
      // oxlint-disable-next-line no-await-in-loop -- see above
      await this.#options.send(message);
    }
    this.#sent = sent;
  }
}

/** What has to be sent, and what will have been sent when it is. */
export interface Changes {
  readonly messages: readonly MetricsMessage[];
  readonly sent: ReadonlyMap<string, number>;
}

/** The series whose values are not those that were sent last, in messages that fit the channel. */
export function changesSince(
  sent: ReadonlyMap<string, number>,
  families: readonly MetricFamily[],
): Changes {
  const values = new Map(sent);
  const packing = new Packing();
  for (const family of families) {
    // A histogram of which half has arrived does not add up, so that what belongs together is sent together.
    const together = new Map<string, Series[]>();
    for (const { value, labels, metricName } of family.values) {
      const series = { value, labels, metricName };
      const key = seriesKey(family.name, series);
      if (values.get(key) === value) continue;
      values.set(key, value);
      const { le: _bound, ...others } = labels;
      const group = JSON.stringify(others);
      together.set(group, [...(together.get(group) ?? []), series]);
    }
    for (const group of together.values()) packing.add(family, group);
  }
  return { messages: packing.messages, sent: values };
}

const EMPTY_BYTES = bytesOf({ type: 'metrics', families: [] });

/** Puts series into as few messages as will hold them. */
class Packing {
  readonly messages: MetricsMessage[] = [];
  #families: (MetricFamily & { values: Series[] })[] = [];
  #bytes = Number.POSITIVE_INFINITY;

  add(family: MetricFamily, group: readonly Series[]): void {
    const { name, help, type, aggregator } = family;
    const head = { name, help, type, aggregator, values: [...group] };
    const headBytes = bytesOf({ ...head, values: [] }) + 1;
    const groupBytes = group.reduce((sum, series) => sum + bytesOf(series) + 1, 0);
    // Our names are all too short for this. What does not fit would be cut off, and spoil the channel.
    if (EMPTY_BYTES + headBytes + groupBytes > IPC_BYTES_MAX) return;
    const begun = this.#families.find((other) => other.name === name);
    const bytes = begun === undefined ? headBytes + groupBytes : groupBytes;
    if (this.#bytes + bytes > IPC_BYTES_MAX) {
      this.#begin();
      this.add(family, group);
      return;
    }
    this.#bytes += bytes;
    if (begun === undefined) this.#families.push(head);
    else begun.values.push(...group);
  }

  #begin(): void {
    this.#families = [];
    this.#bytes = EMPTY_BYTES;
    this.messages.push({ type: 'metrics', families: this.#families });
  }
}

function bytesOf(value: object): number {
  return Buffer.byteLength(JSON.stringify(value));
}
