/** What signals ask of a supervisor. */
export interface SignalHandlers {
  /** Finish what runs, then end. Called again: do not wait for it. */
  readonly stop: (signal: NodeJS.Signals) => void;
  /** End now. */
  readonly quit: () => void;
  /** Whoever holds our terminal is gone; or somebody wants all workers replaced. */
  readonly hangUp: () => void;
  /** Show the state. */
  readonly dump: () => void;
}

/** A terminal's Ctrl-C reaches us twice: from itself, and from npm, which passes it on. */
const ECHO_MS = 500;

/** Listens to signals. SIGUSR1 does nothing: left to Node, it would open the inspector to whoever may connect. */
export function listenToSignals(handlers: SignalHandlers): void {
  let heardAt = Number.NEGATIVE_INFINITY;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      const now = performance.now();
      if (now - heardAt < ECHO_MS) return;
      heardAt = now;
      handlers.stop(signal);
    });
  }
  process.on('SIGUSR1', () => undefined);
  process.on('SIGQUIT', handlers.quit);
  process.on('SIGHUP', handlers.hangUp);
  process.on('SIGUSR2', handlers.dump);
}
