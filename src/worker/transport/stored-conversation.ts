import type { LogLevel } from '../domain/log-level.ts';
import type { Sessions } from '../domain/session.ts';
import { RpcCode, RpcError } from '../protocol/errors.ts';
import type { Conversation, Handshake } from '../protocol/methods.ts';

/** What is the same for all of them. */
interface StoredConversationOptions {
  readonly sessions: Sessions;
  /** Resolves when all workers were told that a session is not as it was. */
  readonly changed: (session: string) => Promise<void>;
}

/** A conversation that every worker knows of. */
export class StoredConversation implements Conversation {
  readonly #options: StoredConversationOptions;
  readonly #id: string;
  readonly #begin: Conversation['begin'] | undefined;

  /** `begin` settles the handshake, where there was none. */
  constructor(options: StoredConversationOptions, id: string, begin?: Conversation['begin']) {
    this.#options = options;
    this.#id = id;
    this.#begin = begin;
  }

  async begin(handshake: Handshake): Promise<void> {
    if (this.#begin === undefined) {
      throw new RpcError(RpcCode.InvalidRequest, 'This session is initialized already');
    }
    await this.#begin(handshake);
  }

  async setLogLevel(level: LogLevel): Promise<void> {
    await this.#options.sessions.setLogLevel(this.#id, level);
    await this.#options.changed(this.#id);
  }

  async subscribe(uri: string): Promise<void> {
    await this.#options.sessions.subscribe(this.#id, uri);
    await this.#options.changed(this.#id);
  }

  async unsubscribe(uri: string): Promise<void> {
    await this.#options.sessions.unsubscribe(this.#id, uri);
    await this.#options.changed(this.#id);
  }
}
