/** What agents and operators do with secrets, right and wrong, and all that they are answered. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';

import { WebSocket } from 'ws';

import { modern } from '../clients/plain-client.ts';
import { INHERITED } from '../support/inherited.ts';
import type { Place } from './canaries.ts';

const BIN = join(import.meta.dirname, '../../bin/holdfast.js');
const WAIT_MS_MAX = 15_000;
const HELLO = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'canary', version: '1' },
};

type Headers = Readonly<Record<string, string>>;

export class CanaryRun {
  /** All that was answered. */
  readonly places: Place[] = [];
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  /** Posts a message, and resolves with the whole answer. Nothing if the connection breaks. */
  async post(path: string, headers: Headers, message: object): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.#port}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...message }),
      signal: AbortSignal.timeout(WAIT_MS_MAX),
    }).catch(() => undefined);
    const text = (await response?.text().catch(() => '')) ?? '';
    const answer = `${response?.status} ${JSON.stringify([...(response?.headers ?? [])])} ${text}`;
    this.#keep(`http ${path.split('?')[0]} ${JSON.stringify(message)}`, answer);
    return answer;
  }

  /** A call over HTTP, which stands alone. */
  async call(key: string, name: string, given: object): Promise<string> {
    const headers = {
      authorization: `Bearer ${key}`,
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': name,
    };
    const params = modern({ name, arguments: given });
    return this.post('/mcp', headers, { method: 'tools/call', params });
  }

  /** A call over HTTP, in a session. */
  async callInSession(key: string, name: string, given: object): Promise<string> {
    const authorization = `Bearer ${key}`;
    const begun = await this.post(
      '/mcp',
      { authorization },
      { method: 'initialize', params: HELLO },
    );
    const [, session = ''] = /"mcp-session-id","([^"]+)"/.exec(begun) ?? [];
    const headers = { authorization, 'mcp-session-id': session };
    return this.post('/mcp', headers, {
      method: 'tools/call',
      params: { name, arguments: given, _meta: { progressToken: 1 } },
    });
  }

  /** Opens a WebSocket, and if it is let in makes calls. Resolves with all that was said, and how it was closed. */
  async socket(
    path: string,
    { headers = {}, subprotocols = ['mcp'] }: { headers?: Headers; subprotocols?: string[] },
    ...calls: readonly (readonly [string, object])[]
  ): Promise<string> {
    const url = `ws://127.0.0.1:${this.#port}${path}`;
    const socket = new WebSocket(url, subprotocols, { headers, handshakeTimeout: WAIT_MS_MAX });
    const heard: string[] = [];
    socket.on('error', (error) => heard.push(error.message));
    socket.on('upgrade', ({ rawHeaders }) => heard.push(rawHeaders.join(' ')));
    socket.on('unexpected-response', (_request, response) => {
      heard.push(`${response.statusCode} ${response.rawHeaders.join(' ')}`);
      void response.toArray().then((chunks) => {
        heard.push(Buffer.concat(chunks).toString());
        socket.terminate();
      });
    });
    socket.on('open', () => {
      const messages = [
        { method: 'initialize', params: HELLO },
        ...calls.map(([name, given]) => {
          return { method: 'tools/call', params: { name, arguments: given } };
        }),
      ];
      for (const [id, message] of messages.entries()) {
        socket.send(JSON.stringify({ jsonrpc: '2.0', id, ...message }));
      }
    });
    let answers = 0;
    socket.on('message', (data: Buffer) => {
      heard.push(data.toString());
      answers += 1;
      if (answers > calls.length) socket.close();
    });
    const impatience = setTimeout(() => {
      socket.terminate();
    }, WAIT_MS_MAX);
    // A handshake that fails is an error first, and then closed too.
    await new Promise<void>((resolve) => {
      socket.once('close', (code, reason) => {
        heard.push(`closed ${code} ${reason.toString()}`);
        resolve();
      });
    });
    clearTimeout(impatience);
    const all = heard.join('\n');
    this.#keep(`websocket ${path.split('?')[0]} ${JSON.stringify(calls)}`, all);
    return all;
  }

  /** Runs a command, whose output is kept under its words. */
  async command(env: Headers, ...words: readonly string[]): Promise<string> {
    const all = { ...INHERITED, ...env };
    const output = await new Promise<string>((resolve) => {
      const options = { env: all, timeout: WAIT_MS_MAX };
      execFile(process.execPath, [BIN, ...words], options, (_error, stdout, stderr) => {
        resolve(stdout + stderr);
      });
    });
    this.#keep(`command ${words.join(' ')}`, output);
    return output;
  }

  #keep(name: string, text: string): void {
    this.places.push({ name, text });
  }
}
