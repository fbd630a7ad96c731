import type { FromSupervisor } from '../shared/ipc.ts';
import type { AdministrativeEntry } from './administrative-entry.ts';

type AuditMessage = Extract<FromSupervisor, { type: 'audit' }>;

/** Entries that wait for a worker. */
const WAITING_MAX = 100;
/** A longer text is cut off: who asks may have chosen it, and a message has to stay small. */
const TEXT_LENGTH_MAX = 300;

/** Has workers write down what operators did, for we know of no database. While none serves, entries wait. */
export class AuditRelay {
  readonly #tell: (message: AuditMessage) => boolean;
  #waiting: readonly AuditMessage[] = [];

  /** `tell` says it to one worker, and whether there is one. */
  constructor(tell: (message: AuditMessage) => boolean) {
    this.#tell = tell;
  }

  record({ kind, address, action, subject, outcome }: AdministrativeEntry): void {
    const message: AuditMessage = {
      type: 'audit',
      at: Date.now(),
      kind,
      address,
      action,
      subject: subject?.slice(0, TEXT_LENGTH_MAX),
      outcome,
    };
    this.#waiting = [...this.#waiting, message];
    this.passOn();
    if (this.#waiting.length <= WAITING_MAX) return;
    // Strangers shall not push out what operators did.
    const refusal = this.#waiting.findIndex((waiting) => waiting.kind === 'refusal');
    this.#waiting = this.#waiting.toSpliced(Math.max(0, refusal), 1);
  }

  /** Passes on what waits, as far as there is somebody to take it. */
  passOn(): void {
    const stuck = this.#waiting.findIndex((message) => !this.#tell(message));
    this.#waiting = stuck === -1 ? [] : this.#waiting.slice(stuck);
  }
}
