import { unlessAborted } from '../../shared/abort.ts';
import { codeOf } from '../../shared/errors.ts';

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

/** Asks a dependency something it can only answer if it works. Rejects if it does not. */
type Probe = () => Promise<unknown>;

export interface HealthCheckOptions {
  readonly postgres: Probe;
  readonly redis: Probe;
  readonly isDraining: () => boolean;
}

/** How long an answer may be used again: readiness costs a query a second, whoever asks how often. */
const FRESH_MS = 1_000;
const PROBE_TIMEOUT_MS = 1_000;

/** Says whether this worker can serve. Losing Postgres makes it unready; losing Redis only slower. */
export class HealthCheck {
  readonly #postgres: RememberedProbe;
  readonly #redis: RememberedProbe;
  readonly #isDraining: () => boolean;

  constructor({ postgres, redis, isDraining }: HealthCheckOptions) {
    this.#postgres = new RememberedProbe(postgres);
    this.#redis = new RememberedProbe(redis);
    this.#isDraining = isDraining;
  }

  async check({ verbose }: { readonly verbose: boolean }): Promise<Health> {
    const [postgres, redis] = await Promise.all([
      this.#postgres.ask(),
      verbose ? this.#redis.ask() : undefined,
    ]);
    const status = postgres.status === 'up' ? 'ready' : 'unavailable';
    return {
      status: this.#isDraining() ? 'draining' : status,
      postgres,
      ...(redis === undefined ? {} : { redis }),
    };
  }
}

/** A probe that is asked once a second at most, and once for all who want to know at the same time. */
class RememberedProbe {
  readonly #probe: Probe;
  #answer: Promise<DependencyHealth> | undefined;
  #staleAt = 0;

  constructor(probe: Probe) {
    this.#probe = probe;
  }

  ask(): Promise<DependencyHealth> {
    if (this.#answer === undefined || performance.now() > this.#staleAt) {
      this.#answer = examine(this.#probe);
      this.#staleAt = performance.now() + FRESH_MS;
    }
    return this.#answer;
  }
}

async function examine(probe: Probe): Promise<DependencyHealth> {
  try {
    await unlessAborted(probe(), AbortSignal.timeout(PROBE_TIMEOUT_MS));
    return { status: 'up' };
  } catch (error) {
    return { status: 'down', cause: causeOf(error) };
  }
}

function causeOf(error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return `no answer in ${PROBE_TIMEOUT_MS} ms`;
  }
  const code = codeOf(error);
  return code === undefined ? 'not connected' : `refused (${code})`;
}
