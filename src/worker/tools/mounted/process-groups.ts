import { codeOf } from '../../../shared/errors.ts';

/** Nobody is left of it, or those who are left are somebody else by now. */
const NOT_OURS: ReadonlySet<string | undefined> = new Set(['ESRCH', 'EPERM']);

/**
 * The process groups that were started here: a program, and whatever it started. None outlives us, however we end; should we
 * be killed, the end of their input is what they have to go by.
 */
export class ProcessGroups {
  readonly #leaders = new Set<number>();
  readonly #endAll = (): void => {
    for (const leader of this.#leaders) this.signal(leader, 'SIGKILL');
  };

  add(leader: number): void {
    if (this.#leaders.size === 0) process.on('exit', this.#endAll);
    this.#leaders.add(leader);
  }

  /** Tells all of a group, if it is still there. */
  signal(leader: number, signal: NodeJS.Signals): void {
    if (!this.#leaders.has(leader)) return;
    try {
      process.kill(-leader, signal);
    } catch (error) {
      if (!NOT_OURS.has(codeOf(error))) throw error;
    }
  }

  /** The leader has ended: so do the others. */
  end(leader: number): void {
    this.signal(leader, 'SIGKILL');
    this.#leaders.delete(leader);
    if (this.#leaders.size === 0) process.off('exit', this.#endAll);
  }
}
