import type { Fault, Proof, ProofEntry } from '../../../src/shared/proof.ts';

/** What came of loading a generation that is fit. */
export function proofOf(generation: string, entries: readonly ProofEntry[]): Proof {
  return { generation, at: 0, tookMs: 1, entries, faults: [], warnings: [] };
}

/** A file that does not end where it should. */
export const fault: Fault = {
  file: '/tools/a.ts',
  line: 3,
  column: 5,
  subject: undefined,
  message: 'Unexpected end of input',
};
