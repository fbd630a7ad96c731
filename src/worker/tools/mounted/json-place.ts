/** Where something is in a text, from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const PLAIN = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.])/y;
/** Deeper than any file of settings. */
const DEPTH_MAX = 200;

/** Where a text stops being JSON. What the parser says of it would quote the text, and with it whatever secret stands there. */
export function findJsonFault(text: string): Place | undefined {
  const end = endOfValue(text, 0, 0);
  const at = end.isWhole ? skip(SPACE, text, end.at) : end.at;
  if (end.isWhole && at === text.length) return undefined;
  const before = text.slice(0, at).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** How far it is a value. */
interface End {
  readonly at: number;
  readonly isWhole: boolean;
}

function endOfValue(text: string, from: number, depth: number): End {
  const at = skip(SPACE, text, from);
  const opening = text[at];
  if (opening === '{' || opening === '[') return endOfMany(text, at, depth);
  const end = Math.max(skip(STRING, text, at), skip(PLAIN, text, at));
  return { at: end, isWhole: end > at };
}

/** Of an object or an array. */
function endOfMany(text: string, start: number, depth: number): End {
  const closing = text[start] === '{' ? '}' : ']';
  let at = skip(SPACE, text, start + 1);
  if (depth === DEPTH_MAX) return { at, isWhole: false };
  if (text[at] === closing) return { at: at + 1, isWhole: true };
  for (;;) {
    const value = closing === '}' ? endOfField(text, at, depth) : endOfValue(text, at, depth + 1);
    if (!value.isWhole) return value;
    at = skip(SPACE, text, value.at);
    if (text[at] === closing) return { at: at + 1, isWhole: true };
    if (text[at] !== ',') return { at, isWhole: false };
    at = skip(SPACE, text, at + 1);
  }
}

function endOfField(text: string, from: number, depth: number): End {
  const name = skip(STRING, text, from);
  const colon = skip(SPACE, text, name);
  if (name === from || text[colon] !== ':') return { at: colon, isWhole: false };
  return endOfValue(text, colon + 1, depth + 1);
}

/** Where what a pattern takes ends. Where it takes nothing, there. */
function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
