/** One request over HTTP, and what comes back. */
import { type Agent, request } from 'node:http';

export interface ExchangeOptions {
  readonly agent: Agent;
  readonly port: number;
  readonly verb: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
  /** Takes a message of a stream as it comes. True if nothing more is wanted. Without it no stream is wanted. */
  readonly heed: ((message: unknown) => boolean) | undefined;
}

/** What came back. */
export interface Exchanged {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The body, where it is no stream. */
  readonly text: string;
  /** Where a stream can be taken up again. */
  readonly lastEventId: string | undefined;
  readonly isStream: boolean;
}

/** A response that is not over by then never will be. */
const PATIENCE_MS = 10_000;

/** Resolves when the response is over, or is not wanted any more. Rejects if the connection breaks. */
export function exchange(options: ExchangeOptions): Promise<Exchanged> {
  const { agent, port, verb, headers, body, heed } = options;
  const { promise, resolve, reject } = Promise.withResolvers<Exchanged>();
  const asking = request({ agent, port, host: '127.0.0.1', path: '/mcp', method: verb, headers });
  const patience = setTimeout(() => {
    asking.destroy(new Error(`The response did not end: ${verb} ${body?.toString()}`));
  }, PATIENCE_MS);
  asking.on('error', (error) => {
    clearTimeout(patience);
    reject(error);
  });
  asking.on('response', (response) => {
    const isStream = response.headers['content-type'] === 'text/event-stream';
    let text = '';
    let lastEventId: string | undefined;
    const finish = (): void => {
      clearTimeout(patience);
      const { statusCode: status = 0, headers: answered } = response;
      resolve({ status, headers: answered, text, lastEventId, isStream });
    };
    if (isStream && heed === undefined) {
      finish();
      asking.destroy();
      return;
    }
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
      if (!isStream) return;
      for (;;) {
        const end = text.indexOf('\n\n');
        if (end === -1) return;
        const lines = text.slice(0, end).split('\n');
        text = text.slice(end + 2);
        lastEventId = fieldOf('id', lines) ?? lastEventId;
        const data = fieldOf('data', lines);
        if (data === undefined || data === '' || heed?.(JSON.parse(data)) !== true) continue;
        finish();
        asking.destroy();
        return;
      }
    });
    response.on('end', finish);
    response.on('close', finish);
    // What broke off is told by what is missing.
    response.on('error', () => undefined);
  });
  asking.end(body);
  return promise;
}

function fieldOf(name: string, lines: readonly string[]): string | undefined {
  return lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
}
