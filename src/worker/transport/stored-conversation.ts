import type { LogLevel } from '../domain/log-level.ts';
import type { Sessions } from '../domain/session.ts';
import type { Conversation, Handshake } from '../protocol/methods.ts';

interface StoredConversationOptions {
  readonly begin: (handshake: Handshake) => Promise<void>;
  /** Resolves when all workers were told that it is not as it was. */
  readonly changed: () => Promise<void>;
}

/** A conversation that every worker knows of. */
export class StoredConversation implements Conversation {
  readonly #sessions: Sessions;
  readonly #id: string;
  readonly #options: StoredConversationOptions;

  constructor(sessions: Sessions, id: string, options: StoredConversationOptions) {
    this.#sessions = sessions;
    this.#id = id;
    this.#options = options;
  }

  begin(handshake: Handshake): Promise<void> {
    return this.#options.begin(handshake);
  }

  async setLogLevel(level: LogLevel): Promise<void> {
    await this.#sessions.setLogLevel(this.#id, level);
    await this.#options.changed();
  }

  async subscribe(uri: string): Promise<void> {
    await this.#sessions.subscribe(this.#id, uri);
    await this.#options.changed();
  }

  async unsubscribe(uri: string): Promise<void> {
    await this.#sessions.unsubscribe(this.#id, uri);
    await this.#options.changed();
  }
}
