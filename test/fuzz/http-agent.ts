import assert from 'node:assert/strict';
import type { Agent } from 'node:http';

import { claimOf } from '../../src/worker/protocol/era.ts';
import { isRecord, isRequestId } from '../../src/worker/protocol/frame.ts';
import { findLegacy, type Revision } from '../../src/worker/protocol/revisions.ts';
import { checkAnswer, checkNotification, checkRequest } from '../support/check-messages.ts';
import type { Dice } from './dice.ts';
import { type Exchanged, exchange } from './exchange.ts';
import { answerTo, CAPABILITIES, handshakeOf, legacyAsked, modernAsked } from './frames.ts';
import { type Headers, JSON_HEADERS, modernHeaders, spoilHeaders } from './headers.ts';
import { garble, mutate } from './mutate.ts';

/** What is sent, and read from it before, as anybody would read it. */
interface Sent {
  readonly text: string;
  /** The methods of the requests in it, by their ids. Several may have the same. */
  readonly methods: ReadonlyMap<string, readonly string[]>;
  /** How many requests there are. */
  readonly count: number;
  readonly revision: Revision;
}

const REVISIONS = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'] as const;
const STATUSES: ReadonlySet<number> = new Set([
  200, 202, 204, 400, 404, 405, 406, 409, 413, 415, 431,
]);

/** An agent that speaks over HTTP: in sessions and without, well and badly. */
export class HttpAgent {
  readonly #dice: Dice;
  readonly #port: number;
  readonly #agent: Agent;
  /** Requests that were broken off, because they were too large. */
  broken = 0;
  #id = 0;
  #revision: Revision = '2025-11-25';
  #session: string | undefined;

  constructor(dice: Dice, port: number, agent: Agent) {
    this.#dice = dice;
    this.#port = port;
    this.#agent = agent;
  }

  /** Says so many things, one after the other. */
  async run(count: number): Promise<void> {
    for (let left = count; left > 0; left -= 1) {
      // An agent says one thing at a time; there are several agents.
      // oxlint-disable-next-line no-await-in-loop -- see above
      await this.#step();
    }
    await this.#exchange('DELETE', this.#sessionHeaders(), undefined);
  }

  async #step(): Promise<void> {
    const dice = this.#dice;
    if (this.#session === undefined || dice.once(200)) await this.#begin();
    switch (dice.below(50)) {
      case 0:
        await this.#exchange(dice.pick(['GET', 'HEAD', 'PUT', 'OPTIONS', 'PATCH']), {}, undefined);
        return;
      case 1:
        await this.#exchange('GET', spoilHeaders(this.#sessionHeaders(), dice), undefined);
        return;
      case 2:
        await this.#post(this.#batch(), this.#sessionHeaders());
        return;
      case 3:
        await this.#post(this.#cancellation(), this.#sessionHeaders());
        return;
      case 4:
        await this.#exchange('POST', this.#sessionHeaders(), this.#bytes());
        return;
    }
    const [method, params] = dice.once(2) ? legacyAsked(dice) : modernAsked(dice);
    this.#id += 1;
    const message = { jsonrpc: '2.0', id: this.#id, method, params };
    const headers = claimOf(params) === undefined ? this.#sessionHeaders() : modernHeaders(message);
    await this.#post(message, dice.once(3) ? spoilHeaders(headers, dice) : headers);
  }

  /** Begins another session, after the last was ended. */
  async #begin(): Promise<void> {
    const dice = this.#dice;
    if (this.#session !== undefined) {
      await this.#exchange('DELETE', this.#sessionHeaders(), undefined);
    }
    this.#revision = dice.pick(REVISIONS);
    const params = handshakeOf(this.#revision, dice.pick(CAPABILITIES));
    const hello = { jsonrpc: '2.0', id: 'hello', method: 'initialize', params };
    const { headers } = await this.#send(JSON.stringify(hello), JSON_HEADERS);
    this.#session = String(headers['mcp-session-id']);
  }

  async #post(message: object, headers: Headers): Promise<void> {
    const dice = this.#dice;
    const text = JSON.stringify(message);
    if (dice.once(3)) await this.#send(text, headers);
    else await this.#send(dice.once(3) ? garble(text, dice) : mutate(message, dice), headers);
  }

  async #send(text: string, headers: Headers): Promise<Exchanged> {
    const sent = this.#read(text, headers);
    const answered: string[] = [];
    const heed = (message: unknown): boolean => this.#heed(message, sent, answered);
    const got = await this.#exchange('POST', headers, text, heed);
    if (got === undefined)
      return { status: 0, headers: {}, text: '', lastEventId: '', isStream: false };
    if (!got.isStream && got.text !== '') this.#heedWhole(JSON.parse(got.text), sent, answered);
    const isEndless = [...sent.methods.values()].flat().includes('subscriptions/listen');
    if (got.status !== 200 || isEndless) return got;
    if (answered.length < sent.count) await this.#fetchRest(got, heed);
    assert.equal(answered.length, sent.count, `Not answered once: ${text}`);
    return got;
  }

  /** What was let go of is fetched, where that can be. */
  async #fetchRest({ lastEventId }: Exchanged, heed: (message: unknown) => boolean): Promise<void> {
    if (lastEventId === undefined) return;
    const headers = { ...this.#sessionHeaders(), 'last-event-id': lastEventId };
    await this.#exchange('GET', headers, undefined, heed);
  }

  #heedWhole(body: unknown, sent: Sent, answered: string[]): void {
    const messages: readonly unknown[] = Array.isArray(body) ? body : [body];
    for (const message of messages) {
      // A problem is no message (RFC 9457).
      if (isRecord(message) && message.jsonrpc === '2.0') this.#heed(message, sent, answered);
    }
  }

  /** Looks at one message. True if no more is wanted. */
  #heed(message: unknown, { methods, revision }: Sent, answered: string[]): boolean {
    assert.ok(isRecord(message), JSON.stringify(message));
    if ('method' in message && 'id' in message) {
      checkRequest(revision, message);
      void this.#answer(message);
      return false;
    }
    if ('method' in message) {
      checkNotification(revision, message);
      return message.method === 'notifications/subscriptions/acknowledged';
    }
    const id = JSON.stringify(message.id);
    checkOneOf(methods.get(id) ?? [''], (method) => {
      checkAnswer(revision, method, message);
    });
    if (message.id === undefined) return false;
    assert.ok(methods.has(id), `Nobody asked with the id ${id}`);
    answered.push(id);
    return false;
  }

  /** Answers a question: sometimes badly first, in the end well. */
  async #answer({ id, method }: Readonly<Record<string, unknown>>): Promise<void> {
    const answer = { jsonrpc: '2.0', id, result: answerTo(String(method), this.#dice) };
    const headers = this.#sessionHeaders();
    if (this.#dice.once(10)) await this.#exchange('POST', headers, mutate(answer, this.#dice));
    await this.#exchange('POST', headers, JSON.stringify(answer));
  }

  async #exchange(
    verb: string,
    headers: Headers,
    text: string | Buffer | undefined,
    heed?: (message: unknown) => boolean,
  ): Promise<Exchanged | undefined> {
    const body = typeof text === 'string' ? Buffer.from(text) : text;
    const options = { agent: this.#agent, port: this.#port, verb, headers, body, heed };
    try {
      const got = await exchange(options);
      assert.ok(STATUSES.has(got.status), `${got.status} for ${verb} ${String(text)}: ${got.text}`);
      return got;
    } catch (error) {
      // Who sends too much is cut off, and may not have read why.
      if (body === undefined || body.length < 60_000) throw error;
      this.broken += 1;
      return undefined;
    }
  }

  /** Reads what is about to be sent. */
  #read(text: string, headers: Headers): Sent {
    const frame = parse(text);
    const messages: readonly unknown[] = Array.isArray(frame) ? frame : [frame];
    const methods = new Map<string, string[]>();
    let count = 0;
    let isModern = headers['mcp-protocol-version'] === '2026-07-28';
    for (const message of messages) {
      if (!isRecord(message)) continue;
      const { id, method, params, jsonrpc } = message;
      isModern ||= isRecord(params) && claimOf(params) !== undefined;
      const isAnswer = method === undefined && ('result' in message || 'error' in message);
      if (!isRequestId(id) || (isAnswer && jsonrpc === '2.0')) continue;
      const key = JSON.stringify(id);
      methods.set(key, [...(methods.get(key) ?? []), typeof method === 'string' ? method : '']);
      count += 1;
    }
    const revision = isModern ? '2026-07-28' : this.#revisionOf(frame);
    return { text, methods, count, revision };
  }

  /** What a handshake asks for it gets, if we speak it. */
  #revisionOf(frame: unknown): Revision {
    if (!isRecord(frame) || frame.method !== 'initialize') return this.#revision;
    const { protocolVersion } = isRecord(frame.params) ? frame.params : {};
    return (typeof protocolVersion === 'string' && findLegacy(protocolVersion)) || '2025-11-25';
  }

  #sessionHeaders(): Headers {
    return this.#session === undefined
      ? JSON_HEADERS
      : { ...JSON_HEADERS, 'mcp-session-id': this.#session };
  }

  #batch(): object {
    return Array.from({ length: 1 + this.#dice.below(3) }, () => {
      const [method, params] = legacyAsked(this.#dice);
      this.#id += 1;
      return { jsonrpc: '2.0', id: this.#id, method, params };
    });
  }

  /** A request of which one byte is another, so that it may be no text any more. */
  #bytes(): Buffer {
    const [method, params] = legacyAsked(this.#dice);
    const bytes = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 'bytes', method, params }));
    bytes[this.#dice.below(bytes.length)] = this.#dice.below(256);
    return bytes;
  }

  #cancellation(): object {
    const params = { requestId: this.#id - this.#dice.below(4) };
    return { jsonrpc: '2.0', method: 'notifications/cancelled', params };
  }
}

/** Where several requests of a batch have one id, it is not known which one an answer is to. */
function checkOneOf(methods: readonly string[], check: (method: string) => void): void {
  const faults: unknown[] = [];
  for (const method of methods) {
    try {
      check(method);
      return;
    } catch (error) {
      faults.push(error);
    }
  }
  throw faults[0];
}

function parse(text: string): unknown {
  try {
    // Over HTTP a text may begin with a mark that it is one (Encoding, UTF-8 decode).
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    return undefined;
  }
}
