const LINE_FEED = 0x0a;
/** What is looked at of a line that is not kept: whose answer it is, stands at either end. */
const EDGE_BYTES = 1_024;

/** Told of what was read. */
export interface HeedLines {
  readonly line: (text: string) => void;
  /** Of a line that is too long, its beginning and its end. */
  readonly overlong: (edges: string) => void;
}

/** Divides what comes in pieces into lines, of which none is kept that is longer than it may be. */
export class MessageLines {
  readonly #bytesMax: number;
  readonly #heed: HeedLines;
  #pieces: Buffer[] = [];
  #bytes = 0;
  /** The beginning of a line that is too long. Of such a line the last piece alone is kept. */
  #head: Buffer | undefined;

  constructor(bytesMax: number, heed: HeedLines) {
    this.#bytesMax = bytesMax;
    this.#heed = heed;
  }

  /** Returns how many lines ended in it. */
  read(chunk: Buffer): number {
    let count = 0;
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, from);
      if (end === -1) break;
      this.#keep(chunk.subarray(from, end));
      this.#finish();
      count += 1;
      from = end + 1;
    }
    this.#keep(chunk.subarray(from));
    return count;
  }

  #keep(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#bytes <= this.#bytesMax) return;
    const all = Buffer.concat(this.#pieces);
    // A view of it would keep all of it alive.
    this.#head ??= Buffer.from(all.subarray(0, EDGE_BYTES));
    const tail = Buffer.from(all.subarray(-EDGE_BYTES));
    this.#pieces = [tail];
    // It stays too long until it ends, and costs no more than its end.
    this.#bytes = this.#bytesMax;
  }

  #finish(): void {
    const rest = Buffer.concat(this.#pieces).toString('utf8');
    const head = this.#head?.toString('utf8');
    this.#pieces = [];
    this.#bytes = 0;
    this.#head = undefined;
    if (head !== undefined) this.#heed.overlong(`${head}\n${rest}`);
    else if (rest.trim() !== '') this.#heed.line(rest);
  }
}
