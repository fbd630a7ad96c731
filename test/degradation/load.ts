/** Agents that call one tool after the other, over WebSocket and HTTP, and what became of each call. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { Agent, type Answer } from '../agent.ts';
import { HttpAgent } from '../process/http-agent.ts';

const PAUSE_MS = 25;

export interface Outcome {
  readonly over: 'WebSocket' | 'HTTP';
  readonly tool: string;
  /** What was to be kept, if the tool keeps something. */
  readonly id: string;
  readonly startedAt: number;
  readonly ms: number;
  /** Absent where the call did what it should. */
  readonly error: NonNullable<Answer['error']> | undefined;
}

export interface LoadOptions {
  readonly port: number;
  readonly tools: readonly string[];
  readonly webSockets?: number;
  readonly http?: number;
}

export class Load implements AsyncDisposable {
  readonly agents: readonly Agent[];
  readonly outcomes: Outcome[] = [];
  /** Sockets that closed, and requests that were not answered. */
  broken = 0;
  readonly #tools: readonly string[];
  #isOver = false;
  #running: Promise<unknown> = Promise.resolve();

  private constructor(agents: readonly Agent[], tools: readonly string[]) {
    this.agents = agents;
    this.#tools = tools;
  }

  /** Resolves when all are connected and call. */
  static async begin({ port, tools, webSockets = 4, http = 2 }: LoadOptions): Promise<Load> {
    const agents = await Promise.all(Array.from({ length: webSockets }, () => Agent.connect(port)));
    const others = await Promise.all(Array.from({ length: http }, () => HttpAgent.begin(port)));
    const load = new Load(agents, tools);
    load.#running = Promise.all([
      ...agents.map((agent) => load.#callOn('WebSocket', (name, given) => agent.call(name, given))),
      ...others.map((agent) => load.#callOn('HTTP', (name, given) => callOver(agent, name, given))),
    ]);
    return load;
  }

  /** What was begun and over within that time: what ends later may have met what comes after. */
  between(from: number, to: number): readonly Outcome[] {
    return this.outcomes.filter(({ startedAt, ms }) => startedAt >= from && startedAt + ms < to);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#running;
    for (const agent of this.agents) agent.socket.terminate();
  }

  async #callOn(
    over: Outcome['over'],
    call: (name: string, given: object) => Promise<Answer>,
  ): Promise<void> {
    for (let turn = 0; !this.#isOver; turn += 1) {
      const tool = this.#tools[turn % this.#tools.length] ?? '';
      const id = randomUUID();
      const startedAt = performance.now();
      try {
        const { error, result } = await call(tool, tool === 'keeps' ? { id } : {});
        const ms = performance.now() - startedAt;
        if (result?.isError === true) throw new Error(JSON.stringify(result));
        this.outcomes.push({ over, tool, id, startedAt, ms, error });
      } catch {
        this.broken += 1;
      }
      await sleep(PAUSE_MS);
    }
  }
}

/** The time that so many of a hundred calls did not exceed. */
export function percentile(outcomes: readonly Outcome[], percent: number): number {
  const times = outcomes.map(({ ms }) => ms).toSorted((a, b) => a - b);
  return times[Math.min(times.length - 1, Math.floor((times.length * percent) / 100))] ?? 0;
}

async function callOver(agent: HttpAgent, name: string, given: object): Promise<Answer> {
  return agent.ask('tools/call', { name, arguments: given });
}
