import type { DependencyReport } from '../../shared/ipc.ts';

/** How one thing we depend on is, as `/readyz` shows it. */
interface DependencyHealth {
  readonly status: 'up' | 'down';
  /** What is wrong, in words of ours: the driver's may hold what is nobody's business. */
  readonly cause?: string;
}

/** The body of `/readyz`. `redis` is shown when asked for (`?verbose`), and does not count. */
export interface Health {
  readonly status: 'ready' | 'unavailable' | 'draining';
  readonly postgres: DependencyHealth;
  readonly redis?: DependencyHealth;
}

/**
 * Says whether this worker can serve. Losing Postgres makes it unready; losing Redis only slower. It
 * asks nobody: one worker asks the dependencies for all, and the supervisor passes on what it finds.
 */
export class HealthCheck {
  readonly #known = new Map<string, DependencyReport>();
  #isDraining = false;

  /** Whether this worker ends: who keeps a connection is to open the next one elsewhere. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** From now on this worker is not ready, whatever else is well. */
  drain(): void {
    this.#isDraining = true;
  }

  /** Takes what is known of the dependencies. One that was never heard of was reached when we began to serve. */
  update(reports: readonly DependencyReport[]): void {
    for (const report of reports) this.#known.set(report.name, report);
  }

  check({ verbose }: { readonly verbose: boolean }): Health {
    const postgres = this.#healthOf('postgres');
    const status = postgres.status === 'up' ? 'ready' : 'unavailable';
    return {
      status: this.#isDraining ? 'draining' : status,
      postgres,
      ...(verbose ? { redis: this.#healthOf('redis') } : {}),
    };
  }

  #healthOf(name: string): DependencyHealth {
    const report = this.#known.get(name);
    if (report?.status !== 'down') return { status: 'up' };
    const { code, message = 'no answer' } = report;
    return { status: 'down', cause: code === undefined ? message : `${message} (${code})` };
  }
}
