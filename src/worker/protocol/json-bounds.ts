/** How large the JSON of one message may be, apart from its bytes. */
export interface JsonBounds {
  /** Levels of arrays and objects within each other. */
  readonly depthMax: number;
  /** Values, counted by commas and openings: an empty array counts as two. */
  readonly elementsMax: number;
}

const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c];
/** `[` and `{`, and `]` and `}`, without the bit that tells them apart. */
const [OPENING, CLOSING, EITHER] = [0x5b, 0x5d, ~0x20];

/** A bound, as it is counted. */
export type JsonOverrun = 'json_depth' | 'json_elements';

/**
 * Which bound a text goes over, if any, without parsing it: what it would be parsed into takes up to a hundred times its
 * bytes. A text that is no JSON may pass; the parser finds that out.
 */
export function overrunOf(
  text: string,
  { depthMax, elementsMax }: JsonBounds,
): JsonOverrun | undefined {
  // What is opened has to be closed, so that a short text is neither deep nor many.
  if (text.length < 2 * depthMax && text.length < elementsMax) return undefined;
  let depth = 0;
  let elements = 1;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
    } else if (code === COMMA) {
      elements += 1;
      if (elements > elementsMax) return 'json_elements';
    } else if ((code & EITHER) === OPENING) {
      depth += 1;
      elements += 1;
      if (depth > depthMax) return 'json_depth';
      if (elements > elementsMax) return 'json_elements';
    } else if ((code & EITHER) === CLOSING) {
      depth -= 1;
    }
  }
  return undefined;
}

/** Where a string ends that begins there, or the text does. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

function isEscaped(text: string, quote: number): boolean {
  let from = quote;
  while (text.charCodeAt(from - 1) === BACKSLASH) from -= 1;
  return (quote - from) % 2 === 1;
}
