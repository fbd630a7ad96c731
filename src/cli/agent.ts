import { codeOf, Failure } from '../shared/errors.ts';
import { isShaped, isString } from '../shared/shape.ts';

/** Where an agent calls, and what it shows. */
export interface AgentOptions {
  /** `http://127.0.0.1:3000/mcp`. */
  readonly url: URL;
  readonly token: string | undefined;
  readonly version: string;
  /** Told of each notification that comes before an answer. */
  readonly onNotification: (method: string, params: unknown) => void;
}

/** A message as it came: what is in it is the other end's. */
type Message = Readonly<Record<string, unknown>>;

const REVISION = '2025-11-25';
/** Longer than any tool takes, unless somebody is waited for. */
const ANSWER_MS = 600_000;
const TURNED_DOWN: ReadonlySet<number> = new Set([401, 403]);
const isError = isShaped({ message: isString });

/** An agent of the command line: one session over Streamable HTTP, as anybody else would have. */
export class CommandLineAgent implements AsyncDisposable {
  readonly #options: AgentOptions;
  #session: string | undefined;

  private constructor(options: AgentOptions) {
    this.#options = options;
  }

  /** Begins a session. Throws a `Failure` that says what to do if nobody answers, or not to us. */
  static async begin(options: AgentOptions): Promise<CommandLineAgent> {
    const agent = new CommandLineAgent(options);
    await agent.ask('initialize', {
      protocolVersion: REVISION,
      capabilities: {},
      clientInfo: { name: 'holdfast', version: options.version },
    });
    await agent.#post({ method: 'notifications/initialized' });
    return agent;
  }

  /** Asks, and resolves with the result. Throws a `Failure` with the text of an error. */
  async ask(method: string, params: object): Promise<Message> {
    const response = await this.#post({ id: method, method, params });
    this.#session ??= response.headers.get('mcp-session-id') ?? undefined;
    for await (const message of messagesOf(response)) {
      if (typeof message.method === 'string') {
        this.#options.onNotification(message.method, message.params);
      } else if (isError(message.error)) {
        throw new Failure('conflict', message.error.message);
      } else if (isMessage(message.result)) {
        return message.result;
      }
    }
    throw new Failure('unavailable', `${this.#options.url.origin} ended before it answered`);
  }

  /** Ends the session. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#send('DELETE').catch(() => undefined);
  }

  async #post(message: object): Promise<Response> {
    const response = await this.#send('POST', JSON.stringify({ jsonrpc: '2.0', ...message }));
    if (response.ok) return response;
    const { origin } = this.#options.url;
    if (TURNED_DOWN.has(response.status)) {
      throw new Failure('unauthorized', `${origin} answers ${response.status}`, {
        remedy: 'Show a key: set MCP_TOKEN, or name a file with --token-file.',
      });
    }
    throw new Failure('unavailable', `${origin} answers ${response.status}`);
  }

  async #send(method: string, body?: string): Promise<Response> {
    const { url, token } = this.#options;
    try {
      return await fetch(url, {
        method,
        headers: {
          accept: 'application/json, text/event-stream',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(this.#session === undefined ? {} : { 'mcp-session-id': this.#session }),
        },
        ...(body === undefined ? {} : { body }),
        // Whoever sends us elsewhere must not make us show the key there.
        redirect: 'manual',
        signal: AbortSignal.timeout(ANSWER_MS),
      });
    } catch (error) {
      const code = error instanceof Error ? codeOf(error.cause) : undefined;
      throw new Failure(
        'unavailable',
        `Nobody answers at ${url.origin} (${code ?? 'cannot be reached'}): Holdfast does not run there`,
        { cause: error },
      );
    }
  }
}

/** The messages of an answer: one, or a stream of events. */
async function* messagesOf(response: Response): AsyncGenerator<Message> {
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  if (!isStream) {
    const parsed = parse(await response.text());
    if (parsed !== undefined) yield parsed;
    return;
  }
  if (response.body === null) return;
  let rest = '';
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const events = (rest + text).split(/\r?\n\r?\n/);
    rest = events.pop() ?? '';
    for (const event of events) {
      const data = event.split(/\r?\n/).flatMap((line) => /^data: ?(.*)/.exec(line)?.[1] ?? []);
      const parsed = parse(data.join('\n'));
      if (parsed !== undefined) yield parsed;
    }
  }
}

function parse(text: string): Message | undefined {
  if (text === '') return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return isMessage(parsed) ? parsed : undefined;
  } catch (error) {
    throw new Failure('unavailable', 'What answers is something else than an MCP server', {
      cause: error,
    });
  }
}

function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null;
}
