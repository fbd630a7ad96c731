/** What a worker tells its supervisor. */
export type FromWorker =
  /** It serves on that port. */
  | { readonly type: 'ready'; readonly port: number }
  /** Its event loop turns. Sent every second, from the start of `main` on. */
  | { readonly type: 'heartbeat' };

/** What a supervisor tells its workers. */
export type FromSupervisor =
  /** Finish what runs, then end. */
  | { readonly type: 'drain' }
  /** The log file was moved aside. */
  | { readonly type: 'reopen-log' };

/** What a worker is told by its environment: which place it fills, and whether it goes first. */
export interface WorkerRole {
  /** The place it fills, 0 and up. */
  readonly slot: number;
  /** The canary boots alone: it migrates the databases before any other worker starts. */
  readonly canary: boolean;
}

/** Reads a message off the channel, at the supervisor's end. The channel is shared with `node:cluster`; what is not ours is passed over. */
export function parseFromWorker(message: unknown): FromWorker | undefined {
  if (typeof message !== 'object' || message === null || !('type' in message)) return undefined;
  if (message.type === 'ready' && 'port' in message && typeof message.port === 'number') {
    return { type: 'ready', port: message.port };
  }
  if (message.type === 'heartbeat') return { type: 'heartbeat' };
  return undefined;
}

/** Reads a message off the channel, at the worker's end. */
export function parseFromSupervisor(message: unknown): FromSupervisor | undefined {
  if (typeof message !== 'object' || message === null || !('type' in message)) return undefined;
  const { type } = message;
  return type === 'drain' || type === 'reopen-log' ? { type } : undefined;
}

/** A role as variables for the worker to be forked with. */
export function encodeWorkerRole({ slot, canary }: WorkerRole): Record<string, string> {
  return { HOLDFAST_SLOT: String(slot), HOLDFAST_CANARY: String(canary) };
}

/** Reads the role back. A worker that was told nothing is alone, and goes first. */
export function parseWorkerRole(env: NodeJS.ProcessEnv): WorkerRole {
  return { slot: Number(env.HOLDFAST_SLOT ?? 0), canary: env.HOLDFAST_CANARY !== 'false' };
}
