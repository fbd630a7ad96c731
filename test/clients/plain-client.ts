const WAIT_MS = 10_000;

/** An id, as clients choose them. */
type Id = string | number;
type Fields = Readonly<Record<string, unknown>>;

/** A message of the server's, as it came. */
export interface Frame {
  readonly jsonrpc?: unknown;
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: Fields;
  readonly result?: Fields;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

const MODERN = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** Params of a request of the modern era. */
export function modern(params: Fields = {}, meta: Fields = {}): Fields {
  return { ...params, _meta: { ...MODERN, ...meta } };
}

/** What Node's own WebSocket and that of `ws` have in common. */
interface Socket {
  readonly protocol: string;
  send(text: string): void;
  close(): void;
  addEventListener(type: 'message', heed: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'error', heed: (event: { readonly message: string }) => void): void;
  addEventListener(type: 'open' | 'close', heed: () => void): void;
}

/** Speaks to a server without any SDK: sends what it is told to, and keeps what comes. */
export class PlainClient implements AsyncDisposable {
  /** All that came, oldest first. */
  readonly frames: Frame[] = [];
  readonly #socket: Socket;
  readonly #closed = Promise.withResolvers<void>();
  readonly #waiting = new Set<() => void>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.addEventListener('close', () => {
      this.#closed.resolve();
    });
    socket.addEventListener('message', ({ data }) => {
      const frame: Frame = JSON.parse(String(data));
      this.frames.push(frame);
      for (const look of this.#waiting) look();
    });
  }

  /** Resolves once it is open. Rejects if it is refused, or the client does not like how it was accepted. */
  static async open(socket: Socket): Promise<PlainClient> {
    const client = new PlainClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', ({ message }) => {
        reject(new Error(message));
      });
    });
    return client;
  }

  /** The subprotocol that the server chose; empty if none. */
  get subprotocol(): string {
    return this.#socket.protocol;
  }

  /** Agrees on 2025-11-25. */
  async initialize(id: Id): Promise<Frame> {
    const answer = await this.ask(id, 'initialize', {
      protocolVersion: '2025-11-25',
      capabilities: { elicitation: {} },
      clientInfo: { name: 'plain', version: '1' },
    });
    this.say({ method: 'notifications/initialized' });
    return answer;
  }

  async ask(id: Id, method: string, params: Fields = {}): Promise<Frame> {
    this.say({ id, method, params });
    return this.answerTo(id);
  }

  async call(id: Id, name: string, given: Fields = {}): Promise<Frame> {
    return this.ask(id, 'tools/call', { name, arguments: given });
  }

  say(message: Fields): void {
    this.#socket.send(JSON.stringify({ jsonrpc: '2.0', ...message }));
  }

  answerTo(id: Id): Promise<Frame> {
    return this.waitFor((frame) => frame.id === id && frame.method === undefined);
  }

  /** Takes the first of what came, or will come, that is wanted: it is not found again. */
  async waitFor(isWanted: (frame: Frame) => boolean): Promise<Frame> {
    const { promise, resolve, reject } = Promise.withResolvers<Frame>();
    const look = (): void => {
      const index = this.frames.findIndex(isWanted);
      const [found] = index < 0 ? [] : this.frames.splice(index, 1);
      if (found === undefined) return;
      // What comes next is somebody else's.
      this.#waiting.delete(look);
      resolve(found);
    };
    this.#waiting.add(look);
    look();
    const deadline = setTimeout(() => {
      reject(new Error(`It does not come. What came: ${JSON.stringify(this.frames)}`));
    }, WAIT_MS);
    try {
      return await promise;
    } finally {
      clearTimeout(deadline);
      this.#waiting.delete(look);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.#closed.promise;
  }
}
