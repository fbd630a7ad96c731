import type { LogLine } from '../../process/holdfast.ts';
import type { SdkClient } from '../sdk-client.ts';

/** What there is to prove something with. */
export interface Asked {
  readonly client: SdkClient;
  /** What the server said to its operators. */
  readonly log: () => readonly LogLine[];
  /** Resolves once nothing is wrong with what it is given. */
  readonly waitFor: (proof: () => void) => Promise<void>;
}

/** Sentences that are true of every client over every transport, with their proofs. */
export type Behaviours = Readonly<Record<string, (asked: Asked) => Promise<void>>>;
