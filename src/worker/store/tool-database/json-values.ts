import { types } from 'pg';

import type { JsonValue } from '../../domain/database.ts';

type Parse = (text: string) => JsonValue;

/** Decimal digits that a number of JavaScript keeps, whatever they are. */
const EXACT_DIGITS = 15;
const LIST_OF_TEXTS: number = 1009;

/** What is not here is told as the text that Postgres makes of it. By the numbers that Postgres gives to types, and to lists of them. */
const PARSERS: readonly (readonly [type: number, list: number, parse: Parse])[] = [
  [16, 1000, (text) => text === 't'],
  [17, 1001, (text) => Buffer.from(text.slice('\\x'.length), 'hex').toString('base64')],
  [20, 1016, parseWhole],
  [21, 1005, Number],
  [23, 1007, Number],
  [26, 1028, Number],
  [700, 1021, parseNumber],
  [701, 1022, parseNumber],
  [1700, 1231, parseDecimal],
  [114, 199, parseJson],
  [3802, 3807, parseJson],
  [1114, 1115, (text) => text.replace(' ', 'T')],
  [1184, 1185, parseMoment],
  // Texts, whose lists are none.
  [18, 1002, String],
  [19, 1003, String],
  [25, 1009, String],
  [1042, 1014, String],
  [1043, 1015, String],
  [1082, 1182, String],
  [1083, 1183, String],
  [1186, 1187, String],
  [2950, 2951, String],
];

const BY_TYPE: ReadonlyMap<number, Parse> = new Map(
  PARSERS.flatMap(([type, list, parse]): (readonly [number, Parse])[] => [
    [type, parse],
    [list, (text) => parseList(text, parse)],
  ]),
);

/** Makes JSON of what Postgres says of a value of that type. Where a number would be rounded, it is a text. */
export function parserOf(type: number): Parse {
  return BY_TYPE.get(type) ?? String;
}

function parseWhole(text: string): JsonValue {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : text;
}

/** Postgres knows NaN and infinities. */
function parseNumber(text: string): JsonValue {
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}

function parseDecimal(text: string): JsonValue {
  const digits = text.replace(/^-?[0.]*|\./g, '').length;
  return digits <= EXACT_DIGITS ? parseNumber(text) : parseWhole(text);
}

function parseJson(text: string): JsonValue {
  const value: JsonValue = JSON.parse(text);
  return value;
}

/** As RFC 3339 has it: `2026-11-22 11:30:00.5+00` is `2026-11-22T11:30:00.5+00:00`. */
function parseMoment(text: string): JsonValue {
  return text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00');
}

function parseList(text: string, parse: Parse): JsonValue {
  const texts: unknown = types.getTypeParser(LIST_OF_TEXTS)(text);
  return mapDeeply(texts, parse);
}

/** A list may be one of lists. */
function mapDeeply(value: unknown, parse: Parse): JsonValue {
  if (Array.isArray(value)) return value.map((inner) => mapDeeply(inner, parse));
  return typeof value === 'string' ? parse(value) : null;
}
