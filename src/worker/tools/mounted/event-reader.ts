/** Told of what a stream of events says. */
export interface HeedEvents {
  readonly event: (data: string) => void;
  /** Of an event that is too long, its beginning and its end. */
  readonly overlong: (edges: string) => void;
}

const LINE_END = /\r\n|\n|\r/;
/** What is looked at of an event that is not kept. */
const EDGE_LENGTH = 1_024;
const ID_LENGTH_MAX = 1_024;

/** Reads a stream of events (HTML, server-sent events) as it comes. None is kept that is longer than it may be. */
export class EventReader {
  readonly #lengthMax: number;
  readonly #heed: HeedEvents;
  #endedInReturn = false;
  /** Of the line that is being read. */
  #pieces: string[] = [];
  #isEmpty = true;
  /** Of the event that is being read. */
  #data: string[] = [];
  #length = 0;
  /** Of an event that is too long. */
  #edges: { readonly head: string; tail: string } | undefined;
  #lastId: string | undefined;
  #retryMs: number | undefined;

  constructor(lengthMax: number, heed: HeedEvents) {
    this.#lengthMax = lengthMax;
    this.#heed = heed;
  }

  /** Where the stream can be taken up again. */
  get lastId(): string | undefined {
    return this.#lastId;
  }

  /** How long to wait before that, as it says itself. */
  get retryMs(): number | undefined {
    return this.#retryMs;
  }

  /** Returns how many lines ended in it. */
  read(chunk: string): number {
    const text = this.#endedInReturn && chunk.startsWith('\n') ? chunk.slice(1) : chunk;
    this.#endedInReturn = text.endsWith('\r');
    const lines = text.split(LINE_END);
    const rest = lines.pop() ?? '';
    for (const line of lines) {
      this.#keep(line);
      this.#finishLine();
    }
    this.#keep(rest);
    return lines.length;
  }

  #keep(piece: string): void {
    if (piece === '') return;
    this.#isEmpty = false;
    if (this.#edges !== undefined) {
      this.#edges.tail = (this.#edges.tail + piece).slice(-EDGE_LENGTH);
      return;
    }
    this.#pieces.push(piece);
    this.#length += piece.length;
    if (this.#length <= this.#lengthMax) return;
    const all = [...this.#data, this.#pieces.join('')].join('\n');
    this.#edges = { head: all.slice(0, EDGE_LENGTH), tail: all.slice(-EDGE_LENGTH) };
    this.#data = [];
    this.#pieces = [];
  }

  #finishLine(): void {
    const line = this.#pieces.join('');
    const isEmpty = this.#isEmpty;
    this.#pieces = [];
    this.#isEmpty = true;
    if (isEmpty) this.#finishEvent();
    if (isEmpty || this.#edges !== undefined) return;
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') this.#data.push(value);
    else this.#length -= line.length;
    if (field === 'id' && value.length <= ID_LENGTH_MAX && !value.includes('\0')) {
      this.#lastId = value;
    }
    if (field === 'retry' && /^\d{1,9}$/.test(value)) this.#retryMs = Number(value);
  }

  #finishEvent(): void {
    const data = this.#data.join('\n');
    const edges = this.#edges;
    this.#data = [];
    this.#length = 0;
    this.#edges = undefined;
    if (edges !== undefined) this.#heed.overlong(`${edges.head}\n${edges.tail}`);
    else if (data !== '') this.#heed.event(data);
  }
}
