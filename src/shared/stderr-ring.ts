import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

const BYTES_MAX = 16_384;
const LINES_MAX = 50;
/** What is passed on in a second; the rest is dropped. A worker that floods must not fill our memory. */
const FORWARDED_PER_S = 262_144;
/** A line without an end must not fill it either. */
const LINE_LENGTH_MAX = 65_536;

/** Keeps the end of what a worker prints on stderr, and passes on what there is time for. */
export class StderrRing {
  /** Resolves when the stream has ended. A grandchild may hold it open for long. */
  readonly ended: Promise<void>;
  readonly #stream: Readable | null;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  /** Whether what is kept may begin within a line. */
  #isCut = false;

  /** Listens at once: what is printed before anybody listens may be lost. */
  constructor(stream: Readable | null, forward: (line: string) => void) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#stream = stream;
    if (stream === null) {
      resolve();
      return;
    }
    const lines = new LineReader(forward);
    stream.on('data', (chunk: Buffer) => {
      this.#keep(chunk);
      lines.read(chunk);
    });
    stream.once('close', () => {
      lines.end();
      resolve();
    });
    // A broken pipe ends with the worker, whose exit says more.
    stream.on('error', () => undefined);
  }

  /** The last whole lines, oldest first: half a line may hold half a secret, which nobody would strike out. */
  lines(): string[] {
    const kept = Buffer.concat(this.#chunks);
    const isCut = this.#isCut || kept.length > BYTES_MAX;
    return kept
      .subarray(-BYTES_MAX)
      .toString('utf8')
      .split('\n')
      .slice(isCut ? 1 : 0)
      .filter((line) => line.trim() !== '')
      .slice(-LINES_MAX);
  }

  /** From now on whoever holds the stream open, as a grandchild may, does not keep us from ending. */
  letGo(): void {
    if (this.#stream instanceof Socket) this.#stream.unref();
  }

  #keep(chunk: Buffer): void {
    const kept = chunk.subarray(-BYTES_MAX);
    this.#chunks.push(kept);
    this.#bytes += kept.length;
    if (kept.length < chunk.length) this.#isCut = true;
    for (let first = this.#chunks[0]; first !== undefined; first = this.#chunks[0]) {
      if (this.#bytes - first.length < BYTES_MAX) return;
      this.#bytes -= first.length;
      this.#chunks.shift();
      this.#isCut = true;
    }
  }
}

/** Passes on whole lines, since a secret must not be cut in two where it would be struck out, and only so many a second. */
class LineReader {
  readonly #forward: (line: string) => void;
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';
  #secondEndsAt = 0;
  #bytesLeft = FORWARDED_PER_S;
  #dropping = false;

  constructor(forward: (line: string) => void) {
    this.#forward = forward;
  }

  read(chunk: Buffer): void {
    const now = performance.now();
    if (now > this.#secondEndsAt) {
      this.#secondEndsAt = now + 1_000;
      this.#bytesLeft = FORWARDED_PER_S;
    }
    this.#bytesLeft -= chunk.length;
    if (this.#bytesLeft < 0) {
      this.#drop();
      return;
    }
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = lines.pop() ?? '';
    if (lines.length > 0 && this.#dropping) {
      // The end of a line whose beginning was dropped.
      lines.shift();
      this.#dropping = false;
    }
    for (const line of lines) this.#forward(line);
    if (this.#dropping || this.#rest.length > LINE_LENGTH_MAX) this.#drop();
  }

  end(): void {
    if (this.#rest !== '') this.#forward(this.#rest);
    this.#rest = '';
  }

  /** Drops what there is of a line, and what is still to come of it. */
  #drop(): void {
    if (!this.#dropping) this.#forward('(more is printed than is passed on)');
    this.#dropping = true;
    this.#rest = '';
    this.#decoder.end();
  }
}
