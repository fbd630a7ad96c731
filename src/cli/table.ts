import { stripVTControlCharacters, type styleText } from 'node:util';

import { CONTROLS } from '../shared/controls.ts';

/** A colour or a weight, as Node names them. */
export type Format = Parameters<typeof styleText>[0];

/** Makes a text look so, where it is wanted. */
export type Paint = (format: Format, text: string) => string;

/** A text, and how it looks. */
export interface Cell {
  readonly text: string;
  readonly format?: Format;
}

export interface TableOptions {
  readonly paint: Paint;
  /** How wide the terminal is. What is longer is cut off. */
  readonly columns: number;
}

/** Stands for what there is none of. */
export const NOTHING = '–';
const GAP = '  ';

/** Lines up rows under a heading. Only the last column is ever cut off. */
export function table(
  heading: readonly string[],
  rows: readonly (readonly Cell[])[],
  { paint, columns }: TableOptions,
): string[] {
  const all = [heading.map((text): Cell => ({ text, format: 'dim' })), ...rows];
  const widths = heading.map((_, column) =>
    Math.max(...all.map((row) => row[column]?.text.length ?? 0)),
  );
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + GAP.length, 0);
  return all.map((row) =>
    row
      .map(({ text, format }, column) => {
        const isLast = column === widths.length - 1;
        const fitted = isLast ? cut(text, columns - before) : text.padEnd(widths[column] ?? 0);
        return format === undefined ? fitted : paint(format, fitted);
      })
      .join(GAP)
      .trimEnd(),
  );
}

/** A moment, in UTC and to the minute. */
export function minuteOf(time: Date): string {
  return time.toISOString().slice(0, 16).replace('T', ' ');
}

/** Cuts off what does not fit. */
export function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, Math.max(0, length - 1))}…`;
}

/** What somebody else wrote must not move the cursor, or look like a line of ours. */
export function plain(text: string): string {
  return stripVTControlCharacters(text).replaceAll(CONTROLS, ' ');
}
