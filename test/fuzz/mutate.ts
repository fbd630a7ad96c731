/** Makes of what is right what is almost right. */
import { isRecord } from '../../src/worker/protocol/frame.ts';
import type { Dice } from './dice.ts';

/** What a value is replaced by: each of another type, or at the edge of its own. */
const ODD: readonly [unknown, ...unknown[]] = [
  null,
  true,
  false,
  0,
  -0,
  -1,
  1.5,
  1e308,
  5e-324,
  2 ** 53,
  2 ** 53 - 1,
  -(2 ** 53),
  '',
  ' ',
  '0',
  '1',
  'null',
  '__proto__',
  'constructor',
  '2025-11-25',
  '2026-07-28',
  'accept',
  '\u0000',
  '\ud800',
  '\u202e\u{1f600}',
  '\u2028',
  'file:///etc/passwd',
  '%00%zz',
  [],
  [[]],
  [null],
  {},
  { '': {} },
  { length: -1 },
  { toString: null, valueOf: null },
  { toJSON: 'x' },
];

const NAMES: readonly [string, ...string[]] = [
  '__proto__',
  'constructor',
  'toString',
  'toJSON',
  'then',
  '_meta',
  'id',
  'method',
  'params',
  'result',
  'error',
  'jsonrpc',
  'requestState',
  'inputResponses',
  'cursor',
  'io.modelcontextprotocol/protocolVersion',
  '',
  '\ud83d',
];

const PIECES: readonly [string, ...string[]] = [
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  '"',
  '\\',
  '\\u0000',
  '\u0000',
  '\ufeff',
  '1e999',
  '-',
  'null',
  '"id":1,',
  '"id":null,',
  '"method":"ping",',
  '"__proto__":{"a":1},',
  '"params":[],',
  '"_meta":{},',
  '[{"jsonrpc":"2.0","id":0,"method":"ping"}]',
  '9007199254740993',
];

const HUGE = 20_000;
const DEEP = 2_000;

/** A message in which fields are missing, twice, of another type, or somebody else's. As text: JSON can say what an object cannot be. */
export function mutate(message: object, dice: Dice): string {
  let changed: unknown = structuredClone(message);
  for (let edits = dice.below(3); edits >= 0; edits -= 1) changed = edit(changed, dice);
  return JSON.stringify(changed) ?? 'undefined';
}

/** A text of which bits are turned, pieces are missing, or others are spliced in. */
export function garble(text: string, dice: Dice): string {
  let changed = text;
  for (let edits = dice.below(4); edits >= 0; edits -= 1) {
    const at = dice.below(changed.length + 1);
    const length = dice.below(12);
    const [before, cut, after] = [
      changed.slice(0, at),
      changed.slice(at, at + length),
      changed.slice(at + length),
    ];
    switch (dice.below(6)) {
      case 0:
        changed = before + String.fromCharCode(cut.charCodeAt(0) ^ (1 << dice.below(8))) + after;
        break;
      case 1:
        changed = before;
        break;
      case 2:
        changed = before + cut + cut + after;
        break;
      case 3:
        changed = before + after;
        break;
      case 4:
        changed = before + dice.pick(PIECES) + cut + after;
        break;
      default:
        changed = dice.once(40) ? before + '['.repeat(100_000) + after : before + cut + after;
    }
  }
  return changed;
}

/** Changes one place within a value. */
function edit(value: unknown, dice: Dice): unknown {
  if (Array.isArray(value) && value.length > 0 && !dice.once(4)) {
    const at = dice.below(value.length);
    return value.map((item: unknown, index) => (index === at ? edit(item, dice) : item));
  }
  if (!isRecord(value) || dice.once(6)) return replace(value, dice);
  const fields = Object.entries(value);
  if (fields.length === 0 || dice.once(5)) return grown(fields, dice);
  const at = dice.below(fields.length);
  if (dice.once(5)) return build(fields.toSpliced(at, 1));
  return build(
    fields.map(([name, inner], index) => [name, index === at ? edit(inner, dice) : inner]),
  );
}

function replace(value: unknown, dice: Dice): unknown {
  switch (dice.below(12)) {
    case 0:
      return 'x'.repeat(dice.below(HUGE));
    case 1: {
      let deep: unknown = value;
      for (let depth = dice.below(DEEP); depth > 0; depth -= 1) {
        deep = dice.once(2) ? [deep] : { a: deep };
      }
      return deep;
    }
    case 2:
      return [value, value];
    case 3:
      return { [dice.pick(NAMES)]: value };
    case 4:
      return Array.from({ length: dice.below(200) }, () => dice.pick(ODD));
    default:
      return dice.pick(ODD);
  }
}

function grown(fields: readonly (readonly [string, unknown])[], dice: Dice): object {
  const [, inner = dice.pick(ODD)] = fields[dice.below(fields.length + 1)] ?? [];
  return build([...fields, [dice.pick(NAMES), dice.once(2) ? inner : dice.pick(ODD)]]);
}

/** Fields of any name: an assignment to `__proto__` would be none. */
function build(fields: readonly (readonly [string, unknown])[]): object {
  return Object.fromEntries(fields);
}
