import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Servers close what is idle for some seconds, and what is sent in that moment is lost. */
const IDLE_MS = 2_000;
/** After this a server has taken a connection: that is not to be a part of what is measured. */
const ACCEPTED_MS = 50;
const CRLF = '\r\n';
const END_OF_HEAD = '\r\n\r\n';

/** An answer of HTTP. */
export interface HttpResponse {
  readonly status: number;
  readonly head: string;
  /** Of a stream of events the data of the last. */
  readonly body: Buffer;
}

/** One connection that is kept alive, and has one request at a time. */
export class HttpConnection {
  readonly #port: number;
  readonly #onError: (error: Error) => void;
  #socket: Socket | undefined;
  #usedAt = 0;
  #answered: ((response: HttpResponse) => void) | undefined;

  constructor(port: number, onError: (error: Error) => void) {
    this.#port = port;
    this.#onError = onError;
  }

  /** Connects, unless it is connected and was used just now. */
  async ready(): Promise<void> {
    if (this.#socket !== undefined && performance.now() - this.#usedAt < IDLE_MS) return;
    this.#socket?.destroy();
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    const responses = new ResponseReader();
    socket.on('data', (bytes: Buffer) => {
      responses.read(bytes, (response) => this.#heed(response));
    });
    // What a reset means is told when it is closed.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#closed(socket));
    this.#socket = socket;
    this.#usedAt = performance.now();
    await sleep(ACCEPTED_MS);
  }

  /** Sends a request, whose answer is handed to `answered`. */
  post(request: string, answered: (response: HttpResponse) => void): void {
    this.#answered = answered;
    if (this.#socket === undefined) this.#fail();
    else this.#socket.write(request, 'latin1');
  }

  close(): void {
    this.#answered = undefined;
    this.#socket?.destroy();
  }

  #heed(response: HttpResponse): void {
    const answered = this.#answered;
    this.#answered = undefined;
    this.#usedAt = performance.now();
    answered?.(response);
  }

  #closed(socket: Socket): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    if (this.#answered !== undefined) this.#fail();
  }

  #fail(): void {
    this.#onError(new Error('The server closed a connection, and a request ran on it'));
  }
}

/** Takes answers off a connection: with a length, in chunks, or none at all. */
class ResponseReader {
  #rest: Buffer = Buffer.alloc(0);

  read(bytes: Buffer, heed: (response: HttpResponse) => void): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    for (;;) {
      const end = this.#rest.indexOf(END_OF_HEAD);
      if (end < 0) return;
      const head = this.#rest.toString('latin1', 0, end);
      const body = bodyOf(head, this.#rest.subarray(end + END_OF_HEAD.length));
      if (body === undefined) return;
      this.#rest = this.#rest.subarray(end + END_OF_HEAD.length + body.taken);
      heed({ status: Number(head.slice(9, 12)), head, body: lastEventOf(head, body.bytes) });
    }
  }
}

function bodyOf(
  head: string,
  rest: Buffer,
): { readonly bytes: Buffer; readonly taken: number } | undefined {
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  if (length !== undefined) {
    const taken = Number(length);
    return rest.length < taken ? undefined : { bytes: rest.subarray(0, taken), taken };
  }
  if (!/^transfer-encoding: *chunked/im.test(head)) return { bytes: Buffer.alloc(0), taken: 0 };
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const line = rest.indexOf(CRLF, at);
    if (line < 0) return undefined;
    const size = Number.parseInt(rest.toString('latin1', at, line), 16);
    const next = line + 2 + size + 2;
    if (rest.length < next) return undefined;
    if (size === 0) return { bytes: Buffer.concat(chunks), taken: next };
    chunks.push(rest.subarray(line + 2, line + 2 + size));
    at = next;
  }
}

function lastEventOf(head: string, body: Buffer): Buffer {
  if (!/^content-type: *text\/event-stream/im.test(head)) return body;
  const data = [...body.toString().matchAll(/^data: ?(.*)$/gm)].at(-1)?.[1];
  return Buffer.from(data ?? '');
}
