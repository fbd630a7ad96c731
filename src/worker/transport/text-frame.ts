/** FIN and the opcode of a text (RFC 6455 §5.2). */
const WHOLE_TEXT = 0x81;
/** Lengths up to this stand in the second byte; it says by one of two numbers more where a longer one stands. */
const SHORT_MAX = 125;
const IN_TWO_BYTES = 126;
const IN_EIGHT_BYTES = 127;
const TWO_BYTES_MAX = 65_535;

/**
 * A text as one frame of a server (RFC 6455 §5.2), in one piece. `ws` makes two of it, of which each is looked after on its way, and that
 * costs as much as the frame.
 */
export function textFrameOf(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const headLength = length <= SHORT_MAX ? 2 : length <= TWO_BYTES_MAX ? 4 : 10;
  const frame = Buffer.allocUnsafe(headLength + length);
  frame[0] = WHOLE_TEXT;
  if (headLength === 2) {
    frame[1] = length;
  } else if (headLength === 4) {
    frame[1] = IN_TWO_BYTES;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = IN_EIGHT_BYTES;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  // What is ASCII all through, and most is, is written faster as such.
  frame.write(text, headLength, length === text.length ? 'latin1' : 'utf8');
  return frame;
}
