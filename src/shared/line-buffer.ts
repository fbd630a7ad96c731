/** Somewhere that lines go. */
export interface Destination {
  /** Whether people read them there, and not machines. */
  readonly human: boolean;
  /** Bytes that it takes in one write without tearing a line apart. A longer line is written alone. */
  readonly writeBytesMax: number;
  /** Writes whole lines, and says once, at once or later, whether they are written. */
  readonly write: (lines: string, done: (isWritten: boolean) => void) => void;
}

/** Lines for one write. */
interface Bundle {
  text: string;
  bytes: number;
  count: number;
}

/** How long a line may wait for others. */
const EVERY_MS = 50;
/**
 * Bytes that wait for no others, however little a destination takes in one write: a quarter of what a pipe holds on Linux. Each write
 * may wake whoever reads there, and who reads already is not woken again.
 */
const GATHERED_BYTES_MAX = 16_384;
/** Bytes that wait while the destination takes no more: some thousand lines. What comes then is lost. */
const WAITING_BYTES_MAX = 1_048_576;
/** How long the destination may take for the last lines. */
const LAST_MS_MAX = 1_000;

/**
 * Collects lines for a destination and writes many of them at once, one write after the other, so that whoever adds a line neither
 * waits nor pays for a write. Lines that cannot be written, or find no room, are lost, and counted. Unlike a batch for Postgres, what waits is
 * bounded in bytes, the newest is lost, and a process that ends hands over the rest at once.
 */
export class LineBuffer implements AsyncDisposable {
  readonly #destination: Destination;
  readonly #onLost: (count: number) => void;
  readonly #over = Promise.withResolvers<void>();
  #full: Bundle[] = [];
  #filling: Bundle = { text: '', bytes: 0, count: 0 };
  readonly #gatheredBytesMax: number;
  /** Since the last flush. */
  #gatheredBytes = 0;
  /** Those that are being written too. */
  #waitingBytes = 0;
  #isWriting = false;
  #isOver = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(destination: Destination, onLost: (count: number) => void) {
    this.#destination = destination;
    this.#gatheredBytesMax = Math.max(GATHERED_BYTES_MAX, destination.writeBytesMax);
    this.#onLost = onLost;
  }

  /** A line, with its end. */
  add(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.#isOver || this.#waitingBytes + bytes > WAITING_BYTES_MAX) {
      this.#onLost(1);
      return;
    }
    if (this.#filling.bytes + bytes > this.#destination.writeBytesMax) this.#seal();
    this.#filling.text += line;
    this.#filling.bytes += bytes;
    this.#filling.count += 1;
    this.#waitingBytes += bytes;
    this.#gatheredBytes += bytes;
    if (this.#gatheredBytes >= this.#gatheredBytesMax) {
      this.flush();
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.flush();
    }, EVERY_MS).unref();
  }

  /** Writes what waits, as soon as what is being written is. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#gatheredBytes = 0;
    this.#seal();
    this.#writeNext();
  }

  /** Hands over all that waits at once. For a process that ends: what is not taken now never is. */
  flushLast(): void {
    this.#seal();
    for (const { text } of this.#full.splice(0)) this.#destination.write(text, () => undefined);
  }

  /** Writes what waits, and takes no more. What is not written in time is lost. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    this.flush();
    const late = setTimeout(this.#over.resolve, LAST_MS_MAX);
    await this.#over.promise;
    clearTimeout(late);
    for (const { count } of this.#full.splice(0)) this.#onLost(count);
  }

  #seal(): void {
    if (this.#filling.count === 0) return;
    this.#full.push(this.#filling);
    this.#filling = { text: '', bytes: 0, count: 0 };
  }

  #writeNext(): void {
    if (this.#isWriting) return;
    const bundle = this.#full.shift();
    if (bundle === undefined) {
      if (this.#isOver) this.#over.resolve();
      return;
    }
    this.#isWriting = true;
    this.#destination.write(bundle.text, (isWritten) => {
      this.#isWriting = false;
      this.#waitingBytes -= bundle.bytes;
      if (!isWritten) this.#onLost(bundle.count);
      this.#writeNext();
    });
  }
}
