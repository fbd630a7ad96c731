import type { MirroredArgument } from '../../domain/mirrored-argument.ts';
import { isRecord, type Message, type Params } from '../../protocol/frame.ts';
import { isModern, type Revision } from '../../protocol/revisions.ts';

type Headers = Readonly<Record<string, string>>;

/** What needs no encoding: neither controls nor what is not ASCII, and no space at its ends that would be lost. */
const PLAIN = /^(?! )[\x20-\x7e]*(?<! )$/;
const LOOKS_ENCODED = /^=\?base64\?.*\?=$/;

/** What a message is sent with that says what it is (2025-11-25 and 2026-07-28, basic/transports). */
export function headersOf(
  message: Message,
  revision: Revision | undefined,
  mirrored: readonly MirroredArgument[] = [],
): Headers {
  if (revision === undefined) return {};
  const version = { 'mcp-protocol-version': revision };
  if (!isModern(revision) || !('method' in message)) return version;
  const { method, params } = message;
  return { ...version, 'mcp-method': method, ...nameOf(params), ...valuesOf(params, mirrored) };
}

function nameOf({ name }: Params): Headers {
  return typeof name === 'string' ? { 'mcp-name': encode(name) } : {};
}

function valuesOf(params: Params, mirrored: readonly MirroredArgument[]): Headers {
  const values = mirrored.flatMap(({ name, path }) => {
    const value = path.reduce<unknown>((at, step) => {
      return isRecord(at) && Object.hasOwn(at, step) ? at[step] : undefined;
    }, params.arguments);
    const isSaid = ['string', 'number', 'boolean'].includes(typeof value);
    return isSaid ? [[`mcp-param-${name.toLowerCase()}`, encode(String(value))] as const] : [];
  });
  return Object.fromEntries(values);
}

function encode(value: string): string {
  if (PLAIN.test(value) && !LOOKS_ENCODED.test(value)) return value;
  return `=?base64?${Buffer.from(value).toString('base64')}?=`;
}
