import { Counter, Gauge, type Registry } from '../../shared/prometheus.ts';

/** What is counted of one server. Those of several generations are counted together. */
interface Counts {
  /** For each of those who mounted it, whether they reach it. */
  readonly up: Map<symbol, boolean>;
  restarts: number;
  readonly calls: Map<string, number>;
}

/** Counts what happens to mounted servers, by the names that their files give them. */
export class MountedCounts {
  readonly #servers = new Map<string, Counts>();

  /** Begins to count one. What was counted of it stays when this is disposed of, and whether it is up does not. */
  observe(server: string): MountedTally {
    const counts = this.#servers.get(server) ?? { up: new Map(), restarts: 0, calls: new Map() };
    this.#servers.set(server, counts);
    const mine = Symbol(server);
    counts.up.set(mine, false);
    return {
      up: (isUp) => {
        if (counts.up.has(mine)) counts.up.set(mine, isUp);
      },
      restart: () => {
        counts.restarts += 1;
      },
      end: (outcome) => {
        counts.calls.set(outcome, (counts.calls.get(outcome) ?? 0) + 1);
      },
      [Symbol.dispose]: () => {
        counts.up.delete(mine);
      },
    };
  }

  /** Declares what is read off the counts. */
  declare(registry: Registry): void {
    const servers = this.#servers;
    registry.registerMetric(
      new Gauge({
        name: 'mcp_mounted_server_up',
        help: 'Whether a mounted server is reached by all workers.',
        labelNames: ['server'],
        aggregator: 'min',
        registers: [],
        collect() {
          this.reset();
          for (const [server, { up }] of servers) {
            if (up.size > 0) this.set({ server }, [...up.values()].some(Boolean) ? 1 : 0);
          }
        },
      }),
    );
    registry.registerMetric(
      new Counter({
        name: 'mcp_mounted_server_restarts_total',
        help: 'Times a mounted server was tried again after it was lost.',
        labelNames: ['server'],
        registers: [],
        collect() {
          this.reset();
          for (const [server, { restarts }] of servers) this.inc({ server }, restarts);
        },
      }),
    );
    registry.registerMetric(
      new Counter({
        name: 'mcp_mounted_calls_total',
        help: 'Calls of tools of mounted servers, by how they ended there.',
        labelNames: ['server', 'outcome'],
        registers: [],
        collect() {
          this.reset();
          for (const [server, { calls }] of servers) {
            for (const [outcome, count] of calls) this.inc({ server, outcome }, count);
          }
        },
      }),
    );
  }
}

/** Told what happens to one server. */
interface MountedTally extends Disposable {
  readonly up: (isUp: boolean) => void;
  readonly restart: () => void;
  readonly end: (outcome: string) => void;
}
