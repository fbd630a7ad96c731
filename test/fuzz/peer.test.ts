import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';

import { silent } from '../../src/shared/logger.ts';
import { ANONYMOUS, type Principal } from '../../src/worker/domain/principal.ts';
import type { Message, Outgoing, RequestId } from '../../src/worker/protocol/frame.ts';
import type { Dispatches } from '../../src/worker/protocol/methods.ts';
import { Peer } from '../../src/worker/protocol/peer.ts';
import { SchemaWatch } from '../support/schema-watch.ts';
import { offer } from '../worker/methods/offered.ts';
import { JSON_BOUNDS } from '../worker/protocol/json-bounds.ts';
import { Account } from './account.ts';
import { Dice, seedOf } from './dice.ts';
import {
  type Asked,
  answerTo,
  CAPABILITIES,
  handshakeOf,
  legacyAsked,
  modernAsked,
} from './frames.ts';
import { heapBytes } from './heap.ts';
import { garble, mutate } from './mutate.ts';
import { OFFERED } from './offered.ts';

const FRAMES = Number(process.env.FUZZ_FRAMES ?? 100_000);
const FRAMES_PER_PEER = 250;
const IN_FLIGHT_MAX = 64;
const GROWTH_BYTES_MAX = 6 * 1_048_576;
const REVISIONS = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'] as const;

/** What may be answered with questions. */
const ASKING: readonly [Asked, ...Asked[]] = [
  ['tools/call', { name: 'asks', arguments: { twice: true } }],
  ['tools/call', { name: 'asks', arguments: {} }],
  ['resources/read', { uri: 'secret://a/b' }],
  ['prompts/get', { name: 'consult' }],
];

const { dispatches: methods, changes } = offer(OFFERED, silent);

/** An agent that says what it should, and what it should not. */
class Agent {
  readonly #dice: Dice;
  readonly #peer: Peer<Principal>;
  readonly #account = new Account();
  readonly #watch = new SchemaWatch();
  readonly #pending = new Set<Promise<void>>();
  readonly faults: unknown[] = [];
  /** What came with the last questions of the modern era. */
  #resumable: object | undefined;
  /** Our end asked these. Some are answered already. */
  readonly #questions = new Map<RequestId, string>();
  /** From then on all questions are answered well. */
  #isLeaving = false;
  /** From then on nobody is owed an answer. */
  #isClosed = false;
  #id = 0;

  constructor(dice: Dice, dispatches: Dispatches<Principal>) {
    this.#dice = dice;
    this.#peer = new Peer({
      dispatches: this.#watch.dispatches(dispatches),
      caller: ANONYMOUS,
      changes,
      jsonBounds: JSON_BOUNDS,
      inFlightMax: IN_FLIGHT_MAX,
      outlet: { send: async (outgoing) => this.#hear(outgoing) },
    });
  }

  async run(frames: number): Promise<void> {
    const revision = this.#dice.pick(REVISIONS);
    const handshake = handshakeOf(revision, this.#dice.pick(CAPABILITIES));
    if (!this.#dice.once(10)) this.#say(JSON.stringify(this.#request('initialize', handshake)));
    await turn();
    for (let left = frames; left > 0; left -= 1) {
      this.#say(this.#next());
      // What runs gets on with it between frames, as over a socket.
      // oxlint-disable-next-line no-await-in-loop -- see above
      if (this.#dice.once(4)) await turn();
    }
    if (this.#dice.once(2)) await this.#drain();
    this.#isClosed = true;
    this.#peer.close('The socket closed');
    await Promise.all(this.#pending);
    assert.equal(this.#peer.isBusy, false);
    this.#account.settle();
    this.#watch.rethrow();
    assert.deepEqual(this.faults, []);
  }

  /** What runs ends by itself once all its questions are answered. */
  async #drain(): Promise<void> {
    this.#isLeaving = true;
    for (const [id, method] of this.#questions) this.#say(this.#answer(id, method));
    await this.#peer.drain();
  }

  #say(text: string): void {
    const { revision } = this.#peer;
    const ids = this.#account.open(text, revision === '2025-03-26');
    const taken = this.#peer.receive(text).then(
      () => {
        if (!this.#isClosed) this.#account.due(ids);
      },
      (error: unknown) => {
        this.faults.push(error);
      },
    );
    this.#pending.add(taken);
    void taken.finally(() => this.#pending.delete(taken));
  }

  #hear(outgoing: Outgoing): void {
    this.#watch.send(outgoing, this.#peer.revision);
    const messages: readonly Message[] = 'jsonrpc' in outgoing ? [outgoing] : outgoing;
    for (const message of messages) {
      this.#account.answer(message);
      if ('method' in message && 'id' in message) this.#answerLater(message.id, message.method);
      if (!('result' in message) || !('requestState' in message.result)) continue;
      const { requestState, inputRequests } = message.result as Record<string, object>;
      this.#resumable = { requestState, inputRequests };
    }
  }

  /** Questions are answered in another turn: well, badly, twice, or never. */
  #answerLater(id: RequestId, method: string): void {
    this.#questions.set(id, method);
    setImmediate(() => {
      const answer = this.#answer(id, method);
      const isSpoilt = !this.#isLeaving && this.#dice.once(10);
      this.#say(isSpoilt ? this.#spoil(JSON.parse(answer)) : answer);
      if (this.#dice.once(20)) this.#say(answer);
    });
  }

  #answer(id: RequestId, method: string): string {
    if (!this.#dice.once(8)) {
      return JSON.stringify({ jsonrpc: '2.0', id, result: answerTo(method, this.#dice) });
    }
    return JSON.stringify({ jsonrpc: '2.0', id, error: { code: -1, message: 'No' } });
  }

  #next(): string {
    const dice = this.#dice;
    if (dice.once(25)) return JSON.stringify(this.#cancellation());
    if (dice.once(25)) return this.#spoil(this.#cancellation());
    if (dice.once(30)) {
      const batch = Array.from({ length: 1 + dice.below(4) }, () => this.#message());
      return dice.once(2) ? JSON.stringify(batch) : garble(JSON.stringify(batch), dice);
    }
    return dice.once(3) ? JSON.stringify(this.#message()) : this.#spoil(this.#message());
  }

  #message(): object {
    const resumable = this.#dice.once(3) ? this.#resumable : undefined;
    if (resumable !== undefined) return this.#resumed(resumable);
    return this.#request(...(this.#dice.once(2) ? legacyAsked : modernAsked)(this.#dice));
  }

  /** The same again, with answers to what was asked. */
  #resumed(resumable: object): object {
    const { inputRequests = {}, requestState } = resumable as Record<string, object>;
    const inputResponses = Object.fromEntries(
      Object.entries(inputRequests).map(([name, question]) => {
        const { method } = question as { method: string };
        return [name, answerTo(method, this.#dice)];
      }),
    );
    const [, params] = modernAsked(this.#dice);
    const [method, about] = this.#dice.pick(ASKING);
    const { _meta: meta } = params;
    return this.#request(method, { ...about, _meta: meta, requestState, inputResponses });
  }

  #request(method: string, params: object): object {
    this.#id += 1;
    const id = this.#dice.once(20) ? this.#dice.below(this.#id) : this.#id;
    return { jsonrpc: '2.0', id: this.#dice.once(2) ? id : `r${id}`, method, params };
  }

  #cancellation(): object {
    const id = Math.max(0, this.#id - this.#dice.below(8));
    const params = { requestId: this.#dice.once(2) ? id : `r${id}` };
    return { jsonrpc: '2.0', method: 'notifications/cancelled', params };
  }

  #spoil(message: object): string {
    if (this.#dice.once(3)) return garble(JSON.stringify(message), this.#dice);
    const text = mutate(message, this.#dice);
    return this.#dice.once(10) ? garble(text, this.#dice) : text;
  }
}

test(`whatever ${FRAMES} frames say, each request is answered once, and rightly`, async (t) => {
  const seed = seedOf((text) => {
    t.diagnostic(text);
  });
  const dice = new Dice(seed);
  // What is made once, schemas above all, is there before it is measured.
  await new Agent(new Dice(1), methods).run(4 * FRAMES_PER_PEER);
  const before = await heapBytes();
  const from = performance.now();
  for (let done = 0; done < FRAMES; done += FRAMES_PER_PEER) {
    const peerSeed = dice.below(2 ** 31);
    try {
      // Peers come after one another, so that a fault is of one of them.
      // oxlint-disable-next-line no-await-in-loop -- see above
      await new Agent(new Dice(peerSeed), methods).run(FRAMES_PER_PEER);
    } catch (error) {
      throw new Error(`FUZZ_SEED=${seed}, after ${done} frames`, { cause: error });
    }
  }
  const seconds = (performance.now() - from) / 1_000;
  const growth = (await heapBytes()) - before;
  t.diagnostic(`${seconds.toFixed(1)} s, heap grew by ${growth} bytes`);
  assert.ok(growth < GROWTH_BYTES_MAX, `The heap grew by ${growth} bytes`);
});
