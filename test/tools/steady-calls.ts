/** Agents that call a cheap tool at a steady rate, whether or not it answers: what others notice of what one agent does. */
import { setTimeout as sleep } from 'node:timers/promises';

import { Agent } from '../agent.ts';

const AGENTS = 4;
const EVERY_MS = 10;
const TOOL = 'cheap';

export class SteadyCalls implements AsyncDisposable {
  readonly #agents: readonly Agent[];

  private constructor(agents: readonly Agent[]) {
    this.#agents = agents;
  }

  static async connect(port: number): Promise<SteadyCalls> {
    const agents = await Promise.all(Array.from({ length: AGENTS }, () => Agent.connect(port)));
    // However many calls of an agent wait, each listens.
    for (const { socket } of agents) socket.setMaxListeners(0);
    return new SteadyCalls(agents);
  }

  /** Calls for so long. Resolves with the time that 99 of a hundred calls did not exceed, from when each was due. Throws if one fails. */
  async p99(forMs: number): Promise<number> {
    const beganAt = performance.now();
    const calls: Promise<number>[] = [];
    for (let due = beganAt; due < beganAt + forMs; due += EVERY_MS) {
      const early = due - performance.now();
      if (early > 0) await sleep(early);
      calls.push(this.#call(calls.length, due));
    }
    const times = (await Promise.all(calls)).toSorted((a, b) => a - b);
    return times[Math.floor(times.length * 0.99)] ?? 0;
  }

  async #call(turn: number, due: number): Promise<number> {
    const agent = this.#agents[turn % this.#agents.length];
    const answer = await agent?.call(TOOL);
    if (answer?.result === undefined) throw new Error(`${TOOL} failed: ${JSON.stringify(answer)}`);
    return performance.now() - due;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#agents.map((agent) => agent[Symbol.asyncDispose]()));
  }
}
