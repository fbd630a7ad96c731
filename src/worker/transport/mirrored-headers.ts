import type { IncomingHttpHeaders } from 'node:http';

import type { MirroredArgument } from '../domain/mirrored-argument.ts';
import { claimOf } from '../protocol/era.ts';
import { RpcCode, RpcError } from '../protocol/errors.ts';
import { isRecord, type Params, type Request } from '../protocol/frame.ts';

const SENTINEL = /^=\?base64\?(.*)\?=$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const VISIBLE = /^[\x20-\x7e\t]*$/;

/** Which field of a method's params is its name (2026-07-28, basic/transports/streamable-http, standard request headers). */
const NAMED_BY: Readonly<Record<string, 'name' | 'uri'>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
};

/** What the version header says against the body, if anything: it is looked at before the body is believed. */
export function versionMismatch(
  { params }: Request,
  { 'mcp-protocol-version': version }: IncomingHttpHeaders,
): RpcError | undefined {
  const claim = claimOf(params);
  if (version === undefined) return mismatch('MCP-Protocol-Version is missing');
  // What is no text is the body's own fault.
  if (typeof claim !== 'string' || version === claim) return undefined;
  return mismatch('MCP-Protocol-Version is not what the body says');
}

/** What the other headers say against the body, if anything. */
export function headerMismatch(
  { method, params }: Request,
  headers: IncomingHttpHeaders,
  mirrored: readonly MirroredArgument[],
): RpcError | undefined {
  if (headers['mcp-method'] !== method) return mismatch('Mcp-Method is not what the body says');
  const field = NAMED_BY[method];
  const name = field === undefined ? undefined : params[field];
  if (typeof name === 'string' && decode(headers['mcp-name']) !== name) {
    return mismatch('Mcp-Name is not what the body says');
  }
  if (method !== 'tools/call') return undefined;
  const wrong = mirrored.find((argument) => !agrees(argument, params, headers));
  return wrong && mismatch(`Mcp-Param-${wrong.name} is not what the body says`);
}

function agrees(
  { name, path }: MirroredArgument,
  params: Params,
  headers: IncomingHttpHeaders,
): boolean {
  const header = headers[`mcp-param-${name.toLowerCase()}`];
  const value = path.reduce<unknown>((at, step) => {
    return isRecord(at) && Object.hasOwn(at, step) ? at[step] : undefined;
  }, params.arguments);
  if (value === undefined || value === null) return header === undefined;
  const said = decode(header);
  if (said === undefined) return false;
  switch (typeof value) {
    case 'number':
      return said.trim() !== '' && Number(said) === value;
    case 'boolean':
      return said === String(value);
    default:
      return said === value;
  }
}

/** A header's value; nothing if there is none, or it is not written as it should be. */
function decode(header: string | string[] | undefined): string | undefined {
  if (typeof header !== 'string' || !VISIBLE.test(header)) return undefined;
  const encoded = SENTINEL.exec(header)?.[1];
  if (encoded === undefined) return header;
  return BASE64.test(encoded) ? Buffer.from(encoded, 'base64').toString('utf8') : undefined;
}

function mismatch(text: string): RpcError {
  return new RpcError(RpcCode.HeaderMismatch, text);
}
