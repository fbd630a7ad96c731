/** The frames of RFC 6455, as far as a load needs them: texts to a server, masked, and what it sends back. */

/** Never zero: a server that skips unmasking would get away with it. */
const MASK = [0x37, 0xfa, 0x21, 0x3d] as const;
const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
const SHORT_MAX = 125;
const MIDDLE_MAX = 65_535;

/** A text as one masked frame. */
export function frameOf(text: string): Buffer {
  return masked(TEXT, Buffer.from(text));
}

/** The answer to a ping: who gives none is taken for gone. */
export function pongOf(payload: Buffer): Buffer {
  return masked(PONG, payload);
}

/** A frame whose text has a number of fixed width in it, which can be changed in place: it costs the load nothing to be honest. */
export class NumberedFrame {
  readonly #frame: Buffer;
  readonly #payloadAt: number;
  readonly #numberAt: number;
  readonly #width: number;

  /** `text` holds `placeholder` once: digits, as many as numbers will have. */
  constructor(text: string, placeholder: string) {
    this.#frame = frameOf(text);
    this.#payloadAt = this.#frame.length - Buffer.byteLength(text);
    this.#numberAt = Buffer.byteLength(text.slice(0, text.indexOf(placeholder)));
    this.#width = placeholder.length;
  }

  /** The frame with that number: a copy, for the socket may still hold an earlier one. */
  with(number: number): Buffer {
    const copy = Buffer.from(this.#frame);
    let rest = number;
    for (let at = this.#numberAt + this.#width - 1; at >= this.#numberAt; at--) {
      copy[this.#payloadAt + at] = (48 + (rest % 10)) ^ (MASK[at % 4] ?? 0);
      rest = Math.floor(rest / 10);
    }
    return copy;
  }
}

/** What a server may send. */
export interface FrameHandlers {
  readonly text: (payload: Buffer) => void;
  readonly ping: (payload: Buffer) => void;
  readonly close: () => void;
}

/** Takes a stream of bytes apart into frames. Continuations and compression are not expected. */
export class FrameReader {
  readonly #handlers: FrameHandlers;
  #rest: Buffer = Buffer.alloc(0);

  constructor(handlers: FrameHandlers) {
    this.#handlers = handlers;
  }

  read(bytes: Buffer): void {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let at = 0;
    while (all.length - at >= 2) {
      const opcode = (all[at] ?? 0) & 0x0f;
      const short = (all[at + 1] ?? 0) & 0x7f;
      const headLength = short <= SHORT_MAX ? 2 : short === 126 ? 4 : 10;
      if (all.length - at < headLength) break;
      const length =
        short <= SHORT_MAX
          ? short
          : short === 126
            ? all.readUInt16BE(at + 2)
            : Number(all.readBigUInt64BE(at + 2));
      if (all.length - at < headLength + length) break;
      this.#hand(opcode, all.subarray(at + headLength, at + headLength + length));
      at += headLength + length;
    }
    this.#rest = all.subarray(at);
  }

  #hand(opcode: number, payload: Buffer): void {
    if (opcode === TEXT) this.#handlers.text(payload);
    else if (opcode === PING) this.#handlers.ping(payload);
    else if (opcode === CLOSE) this.#handlers.close();
    else throw new Error(`A frame of kind ${opcode} was not expected`);
  }
}

function masked(opcode: number, payload: Buffer): Buffer {
  const head = headOf(opcode, payload.length);
  const frame = Buffer.concat([head, Buffer.from(MASK), payload]);
  for (let at = 0; at < payload.length; at++) {
    const position = head.length + 4 + at;
    frame[position] = (frame[position] ?? 0) ^ (MASK[at % 4] ?? 0);
  }
  return frame;
}

function headOf(opcode: number, length: number): Buffer {
  if (length <= SHORT_MAX) return Buffer.from([0x80 | opcode, 0x80 | length]);
  const head = Buffer.alloc(length <= MIDDLE_MAX ? 4 : 10);
  head[0] = 0x80 | opcode;
  if (length <= MIDDLE_MAX) {
    head[1] = 0x80 | 126;
    head.writeUInt16BE(length, 2);
    return head;
  }
  head[1] = 0x80 | 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}
