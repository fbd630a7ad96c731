import { weighJson } from '../../shared/json.ts';

/** Bytes that UTF-8 takes for one unit of a text in memory, at most. */
const BYTES_OF_UNIT_MAX = 3;
/** How much longer JSON can be than it was weighed: a number of one character may have 24 digits. */
const LIGHTEST = 16;

/** Whether a text has more bytes than that. One that is far too long costs nothing to find out. */
export function isTextOver(text: string, bytesMax: number): boolean {
  if (text.length > bytesMax) return true;
  return BYTES_OF_UNIT_MAX * text.length > bytesMax && Buffer.byteLength(text) > bytesMax;
}

/**
 * Whether the JSON of a value has more bytes than that. It is written down only if it comes near, so that what is far too
 * large costs as much as the bound. Throws a `TypeError` if it cannot be written as JSON.
 */
export function isJsonOver(value: unknown, bytesMax: number): boolean {
  const length = weighJson(value, bytesMax);
  if (length > bytesMax) return true;
  return LIGHTEST * length > bytesMax && isTextOver(JSON.stringify(value) ?? '', bytesMax);
}

/** What a model is told of a result that is larger than that. */
export function describeTooLarge(tool: string, bytesMax: number): string {
  return `What ${tool} answers is larger than ${bytesMax} bytes: ask for less`;
}
