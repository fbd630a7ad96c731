import { JSONRPCClient, JSONRPCErrorCode } from 'json-rpc-2.0';

import { RpcError } from './errors.ts';
import type { Message, Params, Response } from './frame.ts';

type Send = (message: Message) => Promise<void>;

/** What is said of a request whose answer nobody waits for any longer. */
const GIVEN_UP = 'Given up';

/** Requests of ours that the other end has not answered yet. There are none in the modern era. */
export class Asks {
  readonly #prefix: string;
  /** Made for the first request: most channels never see one. */
  #rpc: JSONRPCClient<Send> | undefined;
  readonly #open = new Set<string>();
  #count = 0;

  /** The ids of our requests begin with `prefix`: others may ask on the same channel. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /**
   * Asks, and resolves with the result. Rejects with an `RpcError` if the answer is an error, and with
   * the signal's reason once it aborts; the other end is told then that we wait no longer.
   */
  async ask(
    request: { readonly method: string; readonly params: Params },
    send: Send,
    signal: AbortSignal,
  ): Promise<object> {
    signal.throwIfAborted();
    this.#count += 1;
    const id = `${this.#prefix}${this.#count}`;
    this.#open.add(id);
    this.#rpc ??= new JSONRPCClient((message, by) => by(message));
    const giveUp = (): void => {
      this.#settle({ jsonrpc: '2.0', id, error: { code: 0, message: GIVEN_UP } });
    };
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      const response = await this.#rpc.requestAdvanced({ jsonrpc: '2.0', id, ...request }, send);
      if (signal.aborted) {
        const params = { requestId: id, reason: GIVEN_UP };
        await send({ jsonrpc: '2.0', method: 'notifications/cancelled', params });
        throw signal.reason;
      }
      if (response.error) {
        const { code, message, data } = response.error;
        throw new RpcError(code, message, data);
      }
      return response.result;
    } finally {
      this.#open.delete(id);
      signal.removeEventListener('abort', giveUp);
    }
  }

  /** Takes an answer. False if it answers nothing of ours. */
  settle(response: Response): boolean {
    if (typeof response.id !== 'string' || !this.#open.delete(response.id)) return false;
    this.#settle(response);
    return true;
  }

  #settle(response: Response): void {
    const { id = null } = response;
    if ('result' in response) {
      this.#rpc?.receive({ jsonrpc: '2.0', id, result: response.result });
      return;
    }
    const { code, message, data } = response.error;
    // The library takes integers alone.
    const integer = Number.isSafeInteger(code) ? code : JSONRPCErrorCode.InternalError;
    this.#rpc?.receive({ jsonrpc: '2.0', id, error: { code: integer, message, data } });
  }
}
