/** Keeps account of what was asked, and what was answered. */
import assert from 'node:assert/strict';
import type { Message } from '../../src/worker/protocol/frame.ts';
import { isRecord } from '../../src/worker/protocol/frame.ts';
import { JSON_BOUNDS } from '../worker/protocol/json-bounds.ts';

interface Entry {
  /** Requests with this id that came. */
  asked: number;
  answered: number;
  /** Of those, which had to be answered by now. */
  due: number;
  /** One of them may have been. */
  isCancelled: boolean;
}

/** The requests on one channel, by their ids. */
export class Account {
  readonly #entries = new Map<string, Entry>();

  /** Reads a frame that is about to be handed over, and returns the ids of the requests in it. What it reads, it reads by itself. */
  open(text: string, takesBatches: boolean): readonly string[] {
    const frame = parse(text);
    // It is refused unread, so that its id is not known.
    if (depthOf(frame) > JSON_BOUNDS.depthMax) return [];
    if (Array.isArray(frame)) {
      if (!takesBatches || frame.length === 0 || frame.length > 100) return [];
      return frame.flatMap((message) => this.#read(message));
    }
    return this.#read(frame);
  }

  /** All of these had to be answered by now. */
  due(ids: readonly string[]): void {
    for (const id of ids) this.#entry(id).due += 1;
  }

  /** An answer came. Throws if it answers nothing that was asked. */
  answer(message: Message): void {
    if ('method' in message || message.id === undefined) return;
    const entry = this.#entry(JSON.stringify(message.id));
    entry.answered += 1;
    assert.ok(entry.answered <= entry.asked, `Answered once too often: ${JSON.stringify(message)}`);
  }

  /** Throws if one that was due, and not cancelled, was not answered. */
  settle(): void {
    for (const [id, { answered, due, isCancelled }] of this.#entries) {
      assert.ok(isCancelled || answered >= due, `${due - answered} with the id ${id} unanswered`);
    }
  }

  #read(message: unknown): readonly string[] {
    if (!isRecord(message)) return [];
    const { id, method, params } = message;
    if (method === 'notifications/cancelled' && isRecord(params) && !Object.hasOwn(message, 'id')) {
      this.#entry(JSON.stringify(params.requestId) ?? '').isCancelled = true;
    }
    const isReadable = typeof id === 'string' || Number.isSafeInteger(id);
    // What looks like an answer is not answered, whatever its id is.
    const isAnswer = method === undefined && ('result' in message || 'error' in message);
    if (!isReadable || (isAnswer && message.jsonrpc === '2.0')) return [];
    const key = JSON.stringify(id);
    this.#entry(key).asked += 1;
    return [key];
  }

  #entry(id: string): Entry {
    const entry = this.#entries.get(id) ?? { asked: 0, answered: 0, due: 0, isCancelled: false };
    this.#entries.set(id, entry);
    return entry;
  }
}

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>((most, one) => Math.max(most, 1 + depthOf(one)), 1);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
