import { isListOf, isShaped, isString } from './shape.ts';

/** The longest such line: a pipe takes so much in one piece, between the lines of others. */
const LINE_BYTES_MAX = 4_096;
const FRAMES_MAX = 20;
const FRAME_LENGTH_MAX = 300;
const MARK = 'HOLDFAST_HANG ';

const isHang = isShaped({ frames: isListOf(isString) });

/**
 * Where an event loop is blocked, as one line on stderr: its innermost frames, as many as fit. None
 * if the loop is in native code that cannot be looked into, such as a synchronous child process.
 */
export function encodeHangLine(frames: readonly string[]): string {
  const fitting = frames.slice(0, FRAMES_MAX).map((frame) => frame.slice(0, FRAME_LENGTH_MAX));
  for (;;) {
    const line = `${MARK}${JSON.stringify({ frames: fitting })}\n`;
    if (Buffer.byteLength(line) <= LINE_BYTES_MAX) return line;
    fitting.pop();
  }
}

/** The frames of such a line, innermost first. Any other line has none. */
export function parseHangLine(line: string): string[] | undefined {
  if (!line.startsWith(MARK)) return undefined;
  try {
    const hang: unknown = JSON.parse(line.slice(MARK.length));
    return isHang(hang) ? [...hang.frames].slice(0, FRAMES_MAX) : undefined;
  } catch {
    // Cut off, or somebody's text that begins like ours.
    return undefined;
  }
}
