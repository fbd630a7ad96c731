import { codeOf } from '../shared/errors.ts';
import { readProof, writeProof } from '../shared/generation.ts';
import type { Logger } from '../shared/logger.ts';
import type { Fault } from '../shared/proof.ts';
import type { Catalogues } from './catalogues.ts';
import { proofOf } from './proof.ts';
import { runSelfTests, SELF_TEST_MS_MAX } from './self-tests.ts';
import type { CallTool } from './tools/call-tool.ts';

export interface ProveServedOptions {
  readonly served: Catalogues['served'];
  readonly stateFolder: string;
  readonly callTool: CallTool;
  readonly redact: (text: string) => string;
  readonly log: Logger;
}

/**
 * Keeps what came of loading the generation that is served, and then lets its tools try themselves. It is served by now,
 * and goes on being: one tool that is not fit is no reason to stay away with all others.
 */
export async function proveServed(options: ProveServedOptions): Promise<void> {
  const { served, callTool, log } = options;
  keep(options, served.warnings);
  const { tools } = served.lists.tools;
  const unfit = await runSelfTests(tools, { callTool, msMax: SELF_TEST_MS_MAX, log });
  if (unfit.length === 0) return;
  for (const { subject, message } of unfit) {
    log.warn('tool is not fit', { tool: subject, reason: message });
  }
  keep(options, [...served.warnings, ...unfit]);
}

type KeepOptions = Omit<ProveServedOptions, 'callTool'>;

/** Keeps what is served by now, where tools of it came, went or changed. What was said of it stays. */
export function keepServed(options: KeepOptions): void {
  const { served, stateFolder } = options;
  const { warnings } = readProof(stateFolder, served.id) ?? served;
  keep(options, warnings);
}

function keep(options: KeepOptions, warnings: readonly Fault[]): void {
  const { served, stateFolder, redact, log } = options;
  const { id: generation, lists, heldBack, tookMs } = served;
  const proof = proofOf(lists, {
    generation,
    at: Date.now(),
    tookMs,
    faults: [],
    heldBack,
    warnings,
    redact,
  });
  try {
    writeProof(stateFolder, proof);
  } catch (error) {
    // A disk that is full is no reason not to serve.
    if (codeOf(error) === undefined) throw error;
    log.warn('proof was not kept', { error });
  }
}
