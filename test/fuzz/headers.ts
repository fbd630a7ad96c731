/** What goes with a body. */
import { isRecord } from '../../src/worker/protocol/frame.ts';
import type { Dice } from './dice.ts';
import { garble } from './mutate.ts';

export type Headers = Readonly<Record<string, string>>;

/** What goes with all of them. */
export const JSON_HEADERS: Headers = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};
const HEADER_LENGTH_MAX = 8_000;

/** What goes with a request of the modern era. */
export function modernHeaders({ method, params }: { method: string; params: object }): Headers {
  const { name, uri = name, arguments: given }: Readonly<Record<string, unknown>> = { ...params };
  const region = isRecord(given) ? given.region : undefined;
  return {
    ...JSON_HEADERS,
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': method,
    ...(typeof uri === 'string' ? { 'mcp-name': uri } : {}),
    ...(typeof region === 'string' ? { 'mcp-param-region': region } : {}),
  };
}

/** One header less, or another's value, or one more. */
export function spoilHeaders(headers: Headers, dice: Dice): Headers {
  const names = Object.keys(headers);
  const name = names[dice.below(names.length)] ?? 'accept';
  const values = [...Object.values(headers), '', '2026-07-28', '2025-06-18', '*/*', '=?base64?_?='];
  const value = values[dice.below(values.length)] ?? '';
  const { [name]: old = '', ...rest } = headers;
  switch (dice.below(4)) {
    case 0:
      return rest;
    case 1:
      return { ...headers, [name]: value };
    case 2:
      return { ...headers, [name]: printable(garble(old, dice)) };
    default:
      return { ...headers, 'mcp-protocol-version': value, 'last-event-id': printable(value) };
  }
}

/** The client would not send other characters. */
function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e\x80-\xff]/g, '?').slice(0, HEADER_LENGTH_MAX);
}
