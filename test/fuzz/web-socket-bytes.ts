/** Frames of RFC 6455 §5.2, as they should be and as they should not. */
import type { Dice } from './dice.ts';

/** A client's frame: masked, and final. */
export function frameOf(opcode: number, payload: Buffer): Buffer {
  const mask = Buffer.from([1, 2, 3, 4]);
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([headOf(0x80 | opcode, payload.length), mask, masked]);
}

/** The same, with a bit or a byte that is another, or a piece that is missing, or in two fragments. */
export function spoiltFrameOf(payload: Buffer, dice: Dice): Buffer {
  const opcode = dice.below(16);
  switch (dice.below(6)) {
    case 0: {
      const frame = frameOf(1, payload);
      const at = dice.below(Math.min(frame.length, 16));
      frame[at] = (frame[at] ?? 0) ^ (1 << dice.below(8));
      return frame;
    }
    case 1:
      return frameOf(opcode, payload);
    case 2:
      return frameOf(1, payload).subarray(0, dice.below(payload.length + 8));
    case 3: {
      const half = dice.below(payload.length + 1);
      const first = frameOf(1, payload.subarray(0, half));
      first[0] = 0x01;
      const rest = frameOf(dice.once(4) ? 1 : 0, payload.subarray(half));
      return Buffer.concat([
        first,
        ...(dice.once(2) ? [frameOf(9, Buffer.from('ping'))] : []),
        rest,
      ]);
    }
    case 4:
      // A length that nobody would ever send.
      return Buffer.concat([Buffer.from([0x81, 0xff]), Buffer.alloc(8, dice.below(256)), payload]);
    default:
      return Buffer.from(Array.from({ length: dice.below(64) }, () => dice.below(256)));
  }
}

/** The texts in what a server sent. What is cut off at the end is left out. */
export function textsIn(bytes: Buffer): readonly string[] {
  const texts: string[] = [];
  let at = 0;
  while (at + 2 <= bytes.length) {
    const opcode = (bytes[at] ?? 0) & 0x0f;
    const short = (bytes[at + 1] ?? 0) & 0x7f;
    const wide = short === 127 ? 8 : short === 126 ? 2 : 0;
    if (at + 2 + wide > bytes.length) break;
    const length =
      wide === 0
        ? short
        : wide === 2
          ? bytes.readUInt16BE(at + 2)
          : Number(bytes.readBigUInt64BE(at + 2));
    const from = at + 2 + wide;
    if (from + length > bytes.length) break;
    if (opcode === 1) texts.push(bytes.toString('utf8', from, from + length));
    at = from + length;
  }
  return texts;
}

function headOf(first: number, length: number): Buffer {
  if (length < 126) return Buffer.from([first, 0x80 | length]);
  if (length < 65_536) return Buffer.from([first, 0x80 | 126, length >> 8, length & 255]);
  const head = Buffer.alloc(10);
  head.writeUInt8(first, 0);
  head.writeUInt8(0x80 | 127, 1);
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}
