import { createJSONRPCErrorResponse, JSONRPCServer } from 'json-rpc-2.0';

import { RpcError } from './errors.ts';
import { type Params, type Request, type RequestId, type Response, refusalOf } from './frame.ts';
import type { Revision } from './revisions.ts';

/** What both sides agreed on before anything else (2025-11-25, lifecycle, initialization). */
export interface Handshake {
  readonly revision: Revision;
  /** The program at the other end, as it calls itself. */
  readonly client: { readonly name: string; readonly version: string };
}

/** What a method is given besides its params. */
export interface Call<Caller> {
  readonly caller: Caller;
  readonly requestId: RequestId;
  /** Aborted when the caller cancels or goes away. */
  readonly signal: AbortSignal;
  /** Says something to the caller before the answer. */
  readonly notify: (method: string, params: Params) => Promise<void>;
  /** Settles the handshake. From then on every method may be called, but not `initialize` again. */
  readonly settle: (handshake: Handshake) => void;
}

/** What a method does. What it resolves with is the `result`; what it throws is explained to the caller. */
export type Method<Caller> = (params: Params, call: Call<Caller>) => Promise<object>;

/** Answers a request with what its method makes of it. Never rejects. */
export type Dispatch<Caller> = (request: Request, call: Call<Caller>) => Promise<Response>;

/**
 * Makes the dispatcher of a table of methods. Whatever a method throws goes through `explain`,
 * which decides what the caller is told; the protocol itself tells nothing.
 */
export function createDispatch<Caller>(
  table: Readonly<Record<string, Method<Caller>>>,
  explain: (thrown: unknown) => RpcError,
): Dispatch<Caller> {
  const rpc = new JSONRPCServer<Call<Caller>>({ errorListener: () => undefined });
  rpc.mapErrorToJSONRPCErrorResponse = (id, thrown: unknown) => {
    const { code, message, data } = explain(thrown);
    return createJSONRPCErrorResponse(id, code, message, data);
  };
  for (const [name, method] of Object.entries(table)) {
    rpc.addMethodAdvanced(name, async (request, call) => {
      const params: Params = request.params;
      return { jsonrpc: '2.0', id: call.requestId, result: await method(params, call) };
    });
  }
  return async (request, call) => {
    const response = await rpc.receive(request, call);
    if (response === null) throw new Error('A request is always answered');
    if (!response.error) return { jsonrpc: '2.0', id: request.id, result: response.result };
    const { code, message, data } = response.error;
    return refusalOf(request.id, new RpcError(code, message, data));
  };
}
