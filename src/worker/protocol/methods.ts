import { createJSONRPCErrorResponse, type JSONRPCResponse, JSONRPCServer } from 'json-rpc-2.0';

import type { Abortable } from '../domain/cancellation.ts';
import type { LogLevel } from '../domain/log-level.ts';
import type { Implementation } from './era.ts';
import { RpcError } from './errors.ts';
import { type Params, type Request, type RequestId, type Response, refusalOf } from './frame.ts';
import type { LegacyRevision, Revision } from './revisions.ts';

/** What both sides agreed on before anything else (2025-11-25, lifecycle, initialization). */
export interface Handshake {
  readonly revision: LegacyRevision;
  readonly client: Implementation;
  /** What the other end can do (schema: `ClientCapabilities`). */
  readonly capabilities: Readonly<Record<string, unknown>>;
}

/** What outlives a request in the legacy era, and is agreed on by requests. The modern era has nothing of the kind. */
export interface Conversation {
  /** Settles the handshake. From then on every method may be called, but not `initialize` again. */
  begin(handshake: Handshake): Promise<void>;
  setLogLevel(level: LogLevel): Promise<void>;
  /** Throws a `Failure` (`limited`) if it has subscribed to as much as it may. */
  subscribe(uri: string): Promise<void>;
  unsubscribe(uri: string): Promise<void>;
}

/** The other end, as far as a request may count on it. */
export interface Party {
  readonly revision: Revision;
  /** What it can do (schema: `ClientCapabilities`). */
  readonly capabilities: Readonly<Record<string, unknown>>;
  /** What it wants to be told of. In the legacy era it may not have said. */
  readonly logLevel: LogLevel | undefined;
  /** Absent in the modern era. */
  readonly conversation: Conversation | undefined;
}

/** Sends a request of ours, and resolves with its result; rejects with an `RpcError` if that was an error. */
type AskParty = (method: string, params: Params, signal: AbortSignal) => Promise<object>;

/** What a method is given besides its params. */
export interface Call<Caller> extends Party {
  readonly caller: Caller;
  readonly requestId: RequestId;
  /** Aborted when the caller cancels or goes away. */
  readonly cancellation: Abortable;
  /** The same as a signal, for who needs one: it is made when it is asked for. */
  readonly signal: AbortSignal;
  /** Aborted when the server drains: what would run for ever ends well. */
  readonly ending: AbortSignal;
  /** Says something to the caller before the answer. */
  readonly notify: (method: string, params: Params) => Promise<void>;
  /** Asks the other end while this request runs. For the legacy era alone. */
  readonly askParty: AskParty;
  /** Lets go of the connection where the answer can be fetched later. */
  readonly release: () => Promise<void>;
}

/** What a method does. What it resolves with is the `result`; what it throws is explained to the caller. */
export type Method<Caller> = (params: Params, call: Call<Caller>) => Promise<object>;

/** Answers a request with what its method makes of it. Never rejects. */
export type Dispatch<Caller> = (request: Request, call: Call<Caller>) => Promise<Response>;

/** The methods of each era: they are not the same ones. */
export interface Dispatches<Caller> {
  readonly legacy: Dispatch<Caller>;
  readonly modern: Dispatch<Caller>;
}

export interface DispatchOptions<Caller> {
  readonly table: Readonly<Record<string, Method<Caller>>>;
  /** Decides what the caller is told of whatever a method throws; the protocol itself tells nothing. */
  readonly explain: (thrown: unknown) => RpcError;
  /** Says beside each result what the era wants said. */
  readonly complete: (method: string, result: object) => object;
}

/** Makes the dispatcher of a table of methods. */
export function createDispatch<Caller>({
  table,
  explain,
  complete,
}: DispatchOptions<Caller>): Dispatch<Caller> {
  const rpc = new JSONRPCServer<Call<Caller>>({ errorListener: () => undefined });
  rpc.mapErrorToJSONRPCErrorResponse = (id, thrown: unknown) => {
    const { code, message, data } = explain(thrown);
    return createJSONRPCErrorResponse(id, code, message, data);
  };
  for (const [name, method] of Object.entries(table)) {
    rpc.addMethodAdvanced(name, async (request, call) => {
      const params: Params = request.params;
      const result = complete(name, await method(params, call));
      return { jsonrpc: '2.0', id: call.requestId, result };
    });
  }
  return async (request, call) => responseOf(await rpc.receive(request, call));
}

function responseOf(response: JSONRPCResponse | null): Response {
  if (response === null) throw new Error('A request is always answered');
  const { id, result, error } = response;
  if (id === null) throw new Error('An answer has the id of its request');
  if (error === undefined) return { jsonrpc: '2.0', id, result };
  return refusalOf(id, new RpcError(error.code, error.message, error.data));
}
