import type { LogLevel } from '../domain/log-level.ts';
import type { Sessions } from '../domain/session.ts';
import { RpcCode, RpcError } from '../protocol/errors.ts';
import type { Conversation, Handshake } from '../protocol/methods.ts';

/** A conversation that every worker knows of. */
export class StoredConversation implements Conversation {
  readonly #sessions: Sessions;
  readonly #id: string;
  readonly #begin: (handshake: Handshake) => Promise<void>;

  constructor(
    sessions: Sessions,
    id: string,
    begin: (handshake: Handshake) => Promise<void> = async () => {
      throw new RpcError(RpcCode.InvalidRequest, 'This session is initialized already');
    },
  ) {
    this.#sessions = sessions;
    this.#id = id;
    this.#begin = begin;
  }

  begin(handshake: Handshake): Promise<void> {
    return this.#begin(handshake);
  }

  async setLogLevel(level: LogLevel): Promise<void> {
    await this.#sessions.setLogLevel(this.#id, level);
  }

  async subscribe(uri: string): Promise<void> {
    await this.#sessions.subscribe(this.#id, uri);
  }

  async unsubscribe(uri: string): Promise<void> {
    await this.#sessions.unsubscribe(this.#id, uri);
  }
}
