/** How often it is looked whether a socket gets on. */
export const TICK_MS = 3_000;
/** Malformed frames in a row, after which nobody sensible is at the other end. */
const MALFORMED_MAX = 20;
/** Pings and pongs between two ticks. A socket needs a few in a minute. Of pings that wait for their pongs `ws` takes 60. */
const CONTROL_FRAMES_MAX = 3_000;
/** Ticks until something is asked: an upgrade was asked for in order to say something. */
const UNSPOKEN_MAX = 3;
/** Ticks at which a message may be on its way: the first may come right after it began, so that it has thirty seconds at least. */
const UNFINISHED_MAX = 11;
/** What a pong or ping of an agent has besides what is in it (RFC 6455 §5.2): all are short, and masked. */
const CONTROL_FRAME_BYTES = 6;

/** What a socket may not go on with: why it is closed, as it is counted and as it is told. */
export interface Impatience {
  readonly limit: 'malformed_in_row' | 'control_frames' | 'unspoken' | 'unfinished_message';
  readonly reason: string;
}

/** Bytes that came so far. */
export interface ByteCount {
  readonly bytesRead: number;
}

/** How the socket is at a tick. Looked at only as far as it matters: most are idle, and there are many. */
interface Now {
  /** Something that was asked for runs, though nothing may be answered yet. */
  readonly isBusy: boolean;
  /** It is not read at the moment, so that a message cannot be finished. */
  readonly isPaused: boolean;
}

/** How long one socket may say nothing, or nothing whole, or nothing of sense. Counts, and decides; whoever holds the socket closes it. */
export class Patience {
  readonly #stream: ByteCount;
  /** Bytes that belong to what is whole. */
  #bytesWhole: number;
  #malformedInRow = 0;
  #controlFrames = 0;
  #hasSpoken = false;
  #unspoken = 0;
  #unfinished = 0;

  constructor(stream: ByteCount) {
    this.#stream = stream;
    this.#bytesWhole = stream.bytesRead;
  }

  /** A message came to its end. */
  heedMessage(): void {
    this.#bytesWhole = this.#stream.bytesRead;
    this.#unfinished = 0;
  }

  /** A message was read, and was well-formed or not. */
  heedForm(isWellFormed: boolean): Impatience | undefined {
    this.#hasSpoken ||= isWellFormed;
    this.#malformedInRow = isWellFormed ? 0 : this.#malformedInRow + 1;
    if (this.#malformedInRow < MALFORMED_MAX) return undefined;
    return { limit: 'malformed_in_row', reason: 'Too many malformed messages' };
  }

  /** A ping or pong came. Pings are answered by `ws`, and cost as much as a message. */
  heedControl(bytes: number): Impatience | undefined {
    this.#bytesWhole += CONTROL_FRAME_BYTES + bytes;
    this.#controlFrames += 1;
    if (this.#controlFrames <= CONTROL_FRAMES_MAX) return undefined;
    return { limit: 'control_frames', reason: 'Too many pings or pongs' };
  }

  /** `TICK_MS` have passed. */
  tick(now: Now): Impatience | undefined {
    this.#controlFrames = 0;
    this.#unspoken = this.#hasSpoken || now.isBusy ? 0 : this.#unspoken + 1;
    if (this.#unspoken >= UNSPOKEN_MAX) {
      return { limit: 'unspoken', reason: 'Nothing was asked in time' };
    }
    const isUnfinished = this.#stream.bytesRead > this.#bytesWhole && !now.isPaused;
    this.#unfinished = isUnfinished ? this.#unfinished + 1 : 0;
    if (this.#unfinished < UNFINISHED_MAX) return undefined;
    return { limit: 'unfinished_message', reason: 'A message was not finished in time' };
  }
}
