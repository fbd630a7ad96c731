import { RpcCode, RpcError } from './errors.ts';
import { type JsonBounds, type JsonOverrun, overrunOf } from './json-bounds.ts';

/** What tells a request from others in flight on the same connection. */
export type RequestId = string | number;
/** Parameters are always named: an object, never an array. */
export type Params = Readonly<Record<string, unknown>>;

/** A request as it crosses the wire (JSON-RPC 2.0 §4; MCP, basic: `id` is a string or an integer). */
export interface Request {
  readonly jsonrpc: '2.0';
  readonly id: RequestId;
  readonly method: string;
  readonly params: Params;
}

/** A request that wants no answer. */
export type Notification = Omit<Request, 'id'>;

/** An answer as it crosses the wire. Its `id` is left out where the request's could not be read. */
export type Response =
  | { readonly jsonrpc: '2.0'; readonly id: RequestId; readonly result: object }
  | {
      readonly jsonrpc: '2.0';
      readonly id?: RequestId;
      readonly error: { readonly code: number; readonly message: string; readonly data?: unknown };
    };

/** One message of ours. We ask in the legacy era only. */
export type Message = Response | Notification | Request;
/** What we send: one message, or the answers to a batch. */
export type Outgoing = Message | readonly Response[];

/** What one message turned out to be. */
export type Single =
  | { readonly kind: 'request'; readonly request: Request }
  | { readonly kind: 'notification'; readonly notification: Notification }
  /** An answer to a request of ours. */
  | { readonly kind: 'response'; readonly response: Response }
  /** Without a refusal where it is a notification or an answer: those are never answered. */
  | {
      readonly kind: 'malformed';
      readonly refusal: Response | undefined;
      /** The bound it goes over: it was not parsed. */
      readonly overrun?: JsonOverrun;
    };

/** What a frame turned out to be. Whether a batch is taken is a matter of the revision (2025-03-26, basic). */
export type Frame = Single | { readonly kind: 'batch'; readonly messages: readonly Single[] };

/** Messages in a batch. More are refused as a whole. */
const BATCH_MAX = 100;

/** Reads one frame. What it calls a request, a notification or a response is well-formed; for all else there is a refusal. */
export function parseFrame(text: string, bounds: JsonBounds): Frame {
  const overrun = overrunOf(text, bounds);
  if (overrun !== undefined) {
    const { depthMax, elementsMax } = bounds;
    const most = overrun === 'json_depth' ? `${depthMax} levels deep` : `of ${elementsMax} values`;
    return {
      ...malformed(undefined, RpcCode.InvalidRequest, `JSON may be ${most} at most`),
      overrun,
    };
  }
  const message = parseJson(text);
  if (message === undefined) return malformed(undefined, RpcCode.ParseError, 'Not JSON');
  if (!Array.isArray(message)) return parseMessage(message);
  if (message.length === 0) {
    return malformed(undefined, RpcCode.InvalidRequest, 'A batch holds a message at least');
  }
  if (message.length > BATCH_MAX) {
    return malformed(undefined, RpcCode.InvalidRequest, `A batch holds ${BATCH_MAX} at most`);
  }
  return { kind: 'batch', messages: message.map(parseMessage) };
}

function parseMessage(message: unknown): Single {
  if (!isRecord(message)) {
    return malformed(undefined, RpcCode.InvalidRequest, 'Expected a JSON-RPC 2.0 message');
  }
  const { jsonrpc, id, method, params = {} } = message;
  const readableId = isRequestId(id) ? id : undefined;
  if (jsonrpc !== '2.0') {
    return malformed(readableId, RpcCode.InvalidRequest, 'jsonrpc must be "2.0"');
  }
  if (method === undefined && ('result' in message || 'error' in message)) {
    const response = parseResponse(message);
    return response ? { kind: 'response', response } : { kind: 'malformed', refusal: undefined };
  }
  if (typeof method !== 'string') {
    return malformed(readableId, RpcCode.InvalidRequest, 'method must be a string');
  }
  if ('id' in message && readableId === undefined) {
    return malformed(undefined, RpcCode.InvalidRequest, 'id must be a string or an integer');
  }
  if (!isRecord(params)) {
    if (readableId === undefined) return { kind: 'malformed', refusal: undefined };
    return malformed(readableId, RpcCode.InvalidParams, 'params must be an object');
  }
  if (readableId === undefined) {
    return { kind: 'notification', notification: { jsonrpc, method, params } };
  }
  return { kind: 'request', request: { jsonrpc, id: readableId, method, params } };
}

/** Reads an answer; nothing if it is none, or answers nothing that can be told. */
export function parseResponse(message: unknown): Response | undefined {
  if (!isRecord(message) || !isRequestId(message.id)) return undefined;
  const { id, result, error } = message;
  if (isRecord(result)) return { jsonrpc: '2.0', id, result };
  if (!isRecord(error) || typeof error.message !== 'string') return undefined;
  const { code, message: text, data } = error;
  if (typeof code !== 'number') return undefined;
  return { jsonrpc: '2.0', id, error: { code, message: text, data } };
}

/** JSON has fractions and MCP has no use for them in an id. */
export function isRequestId(value: unknown): value is RequestId {
  return typeof value === 'string' || Number.isSafeInteger(value);
}

/** An object that is no array, as JSON has it. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The answer that turns a request down. */
export function refusalOf(id: RequestId | undefined, { code, message, data }: RpcError): Response {
  return {
    jsonrpc: '2.0',
    ...(id === undefined ? {} : { id }),
    error: { code, message, ...(data === undefined ? {} : { data }) },
  };
}

function malformed(
  id: RequestId | undefined,
  code: number,
  message: string,
): Extract<Single, { kind: 'malformed' }> {
  return { kind: 'malformed', refusal: refusalOf(id, new RpcError(code, message)) };
}

/** JSON has no `undefined`, so that it can stand for "not JSON". */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
