import { setTimeout as sleep } from 'node:timers/promises';

import { Connections, type ConnectionsOptions } from './connections.ts';
import { Latencies, type Latency, latencyOf } from './latency.ts';
import { sendOnSchedule } from './schedule.ts';

/** How hard a server is driven. */
export interface Shape {
  readonly connections: number;
  /** Requests that each connection has running. */
  readonly window: number;
}

/** What came of driving a server for a while: milliseconds from a request to its answer, among others. */
export interface Driven extends Latency {
  readonly answers: number;
  readonly ms: number;
}

/** What came of driving it at a rate: milliseconds since a request was due, however late it could be sent. */
export interface DrivenAtRate extends Driven {
  /** How late requests were sent, by the load itself: what is less than this says nothing of the server. */
  readonly lateMs: Latency;
}

export interface LoadOptions extends ConnectionsOptions, Shape {}

/** Connections to a server that stay open, and can be driven again and again. */
export class Load {
  readonly #connections: Connections;
  readonly #window: number;

  private constructor(connections: Connections, window: number) {
    this.#connections = connections;
    this.#window = window;
  }

  static async open(options: LoadOptions): Promise<Load> {
    return new Load(await Connections.open(options), options.window);
  }

  /** Connects again what was closed meanwhile: not a part of what is measured. */
  async ready(): Promise<void> {
    await this.#connections.ready();
  }

  /** A closed loop: keeps every window full for so long, and then lets what runs finish. */
  async drive(ms: number): Promise<Driven> {
    const latencies = new Latencies();
    const beganAt = performance.now();
    const ended = new AbortController();
    this.#connections.onAnswer = (index, latencyMs) => {
      latencies.add(latencyMs);
      if (!ended.signal.aborted) this.#connections.ask(index, performance.now());
    };
    for (let index = 0; index < this.#connections.size; index++) {
      for (let slot = 0; slot < this.#window; slot++) {
        this.#connections.ask(index, performance.now());
      }
    }
    try {
      await this.#connections.unlessFailed(sleep(ms, undefined, { signal: ended.signal }));
    } finally {
      ended.abort();
    }
    await this.#connections.idle();
    return {
      answers: latencies.count,
      ms: performance.now() - beganAt,
      ...latencyOf(latencies),
    };
  }

  /** An open loop: so many requests a second for so long, by turns over all connections, whether or not earlier ones are answered. */
  async driveAtRate(perSecond: number, ms: number): Promise<DrivenAtRate> {
    const latencies = new Latencies();
    const lateness = new Latencies();
    const beganAt = performance.now();
    this.#connections.onAnswer = (_index, latencyMs) => {
      latencies.add(latencyMs);
    };
    const ended = new AbortController();
    const send = (turn: number, dueAt: number): void => {
      lateness.add(performance.now() - dueAt);
      this.#connections.ask(turn % this.#connections.size, dueAt);
    };
    try {
      await this.#connections.unlessFailed(sendOnSchedule({ perSecond, ms }, send, ended.signal));
    } finally {
      ended.abort();
    }
    await this.#connections.idle();
    return {
      answers: latencies.count,
      ms: performance.now() - beganAt,
      ...latencyOf(latencies),
      lateMs: latencyOf(lateness),
    };
  }

  close(): void {
    this.#connections.close();
  }
}
