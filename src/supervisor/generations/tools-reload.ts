import { setTimeout as sleep } from 'node:timers/promises';

import { codeOf, Failure } from '../../shared/errors.ts';
import type { Generation } from '../../shared/generation.ts';
import type { FromWorker } from '../../shared/ipc.ts';
import type { Fault, Proof } from '../../shared/proof.ts';
import type { SupervisorEvent } from '../events.ts';
import type { ToolsDetails, ToolsOutcome, ToolsSnapshot } from '../snapshot.ts';
import { changedLists, type ListName } from './changed-lists.ts';
import type { Generations } from './generations.ts';
import { Handover } from './handover.ts';
import type { ServingWorker } from './orders.ts';

export interface ToolsReloadOptions {
  readonly generations: Generations;
  /** Where tools are on disk. */
  readonly paths: () => readonly string[];
  readonly prove: (generation: string, signal: AbortSignal) => Promise<Proof>;
  /** What came of proving it, if that was done. */
  readonly findProof: (generation: string) => Proof | undefined;
  /** Those that serve. */
  readonly workers: () => readonly ServingWorker[];
  /** Whether processes are being replaced. */
  readonly isReplacing: () => boolean;
  /** Tells the agents of all workers that they have to list anew. */
  readonly announce: (lists: readonly ListName[]) => void;
  /** How long one worker may take to do as it is told. */
  readonly deadlineMs: number;
  readonly stopping: AbortSignal;
  readonly emit: (event: SupervisorEvent) => void;
}

/** Who wants it: an operator, or files that changed. */
type Cause = 'order' | 'change';

/** Of many broken files the first are shown. */
const FAULTS_MAX = 20;
/** Whoever loads tools keeps what came of it soon after it is ready, or, on a disk that is full, never. */
const LOOKS_MAX = 10;
/** A worker that ended in the middle of it is soon back, and no file will change for it. */
const RETRIES_MAX = 2;
const RETRY_MS = 1_000;
const NOWHERE = {
  file: undefined,
  line: undefined,
  column: undefined,
  subject: undefined,
} as const;

/**
 * Gives agents other tools while all goes on: what is on disk is kept, proved, prepared in every worker, and only then served.
 * What goes wrong before changes nothing.
 */
export class ToolsReload {
  readonly #options: ToolsReloadOptions;
  readonly #handover: Handover;
  #isRunning = false;
  #isWanted = false;
  #retries = 0;
  #proof: Proof | undefined;
  #looksLeft = LOOKS_MAX;
  #last: ToolsOutcome | undefined;

  constructor(options: ToolsReloadOptions) {
    this.#options = options;
    this.#handover = new Handover({
      ...options,
      current: () => this.current,
      emit: (event) => {
        options.emit(event);
      },
    });
  }

  /** The id of what is served. */
  get current(): string {
    return this.#options.generations.current.id;
  }

  /** Whether workers are being given other tools at this moment. None is to be told to end meanwhile. */
  get isSwapping(): boolean {
    return this.#handover.isSwapping;
  }

  /** Resolves when workers are not being given other tools. */
  async settled(): Promise<void> {
    await this.#handover.settled();
  }

  /** Somebody orders that what is on disk be served. */
  order(): 'accepted' | 'busy' {
    if (this.#isBusy()) return 'busy';
    void this.#run('order');
    return 'accepted';
  }

  /** Files changed. However often that is said while it is being done, it is done once more. */
  noteChange(): void {
    this.#retries = 0;
    if (this.#isBusy()) this.#isWanted = true;
    else void this.#run('change');
  }

  /** Somebody orders that what was served before be served again. */
  rollback(): 'accepted' | 'busy' | 'no-previous' {
    if (this.#isBusy()) return 'busy';
    const previous = this.#options.generations.findPrevious();
    if (previous === undefined) return 'no-previous';
    void this.#goBack(previous);
    return 'accepted';
  }

  /** Takes what a worker says. */
  heed(said: FromWorker, from: ServingWorker): void {
    if (said.type === 'generation') this.#handover.heed(said, from);
    // Whoever was left behind may have ended since.
    this.#handover.announceOwed();
    // Whoever loads it first says what there is in it, after it began to serve.
    if (said.type === 'heartbeat') this.#lookForProof();
    if (said.type !== 'ready') return;
    this.#looksLeft = LOOKS_MAX;
    if (said.generation === this.current) this.#options.generations.noteServed();
    else void this.#handover.catchUp();
  }

  snapshot(): ToolsSnapshot {
    const { generations } = this.#options;
    return {
      toolGeneration: generations.isOpen ? generations.current.id : undefined,
      servedAt: generations.servedAt,
      previous: generations.previousId,
      counts: this.#proof && countsOf(this.#proof),
      reloading: this.#isRunning,
      last: this.#last,
    };
  }

  details(): ToolsDetails {
    const { generations } = this.#options;
    if (!generations.isOpen) return { ...this.snapshot(), sources: [], proof: undefined };
    // What tools say of themselves when they are tried comes later.
    this.#proof = this.#options.findProof(this.current) ?? this.#proof;
    return { ...this.snapshot(), sources: generations.current.sources, proof: this.#proof };
  }

  #isBusy(): boolean {
    const { generations, stopping } = this.#options;
    return this.#isRunning || stopping.aborted || !generations.isOpen;
  }

  /** Does it, and once more if it was wanted meanwhile. */
  async #run(first: Cause): Promise<void> {
    this.#isRunning = true;
    let cause = first;
    do {
      this.#isWanted = false;
      await this.#reload(cause);
      cause = 'change';
    } while (this.#isWanted && !this.#options.stopping.aborted);
    this.#isRunning = false;
  }

  async #reload(cause: Cause): Promise<void> {
    const { generations, prove, stopping, emit } = this.#options;
    const startedAt = performance.now();
    const candidate = this.#keep();
    if (candidate instanceof Failure) {
      this.#fail(startedAt, undefined, [{ ...NOWHERE, message: candidate.message }]);
      return;
    }
    const { id: toolGeneration } = candidate;
    const isRefused = cause === 'change' && generations.isRejected(toolGeneration);
    if (toolGeneration === this.current || isRefused) {
      const { tookMs } = this.#conclude('unchanged', startedAt, { toolGeneration });
      emit({ type: 'tools_unchanged', toolGeneration, tookMs });
      return;
    }
    emit({ type: 'tools_reload_started', toolGeneration });
    const proof = await prove(toolGeneration, stopping);
    if (proof.faults.length > 0) {
      this.#fail(startedAt, toolGeneration, proof.faults);
      this.#prune();
      return;
    }
    const lists = changedLists(this.#getProof(), proof);
    const fault = await this.#handover.swap(toolGeneration, lists, () => {
      generations.advance(candidate);
      this.#proof = proof;
    });
    if (fault === undefined) {
      const { tookMs } = this.#conclude('reloaded', startedAt, { toolGeneration, lists });
      emit({ type: 'tools_reloaded', toolGeneration, lists, tookMs });
    } else {
      this.#fail(startedAt, toolGeneration, [{ ...NOWHERE, message: fault }]);
      if (cause === 'change') await this.#retryLater();
    }
    this.#prune();
  }

  async #goBack(generation: Generation): Promise<void> {
    const { generations, findProof, emit } = this.#options;
    const startedAt = performance.now();
    const { id: toolGeneration } = generation;
    const from = this.current;
    this.#isRunning = true;
    emit({ type: 'tools_reload_started', toolGeneration });
    const proof = findProof(toolGeneration);
    const lists = changedLists(this.#getProof(), proof);
    const fault = await this.#handover.swap(toolGeneration, lists, () => {
      generations.goBack(generation);
      this.#proof = proof;
      this.#looksLeft = LOOKS_MAX;
    });
    if (fault === undefined) {
      const { tookMs } = this.#conclude('rolled-back', startedAt, { toolGeneration, lists });
      emit({ type: 'tools_rolled_back', toolGeneration, from, lists, tookMs });
    } else this.#fail(startedAt, toolGeneration, [{ ...NOWHERE, message: fault }]);
    this.#isRunning = false;
    if (this.#isWanted) void this.#run('change');
  }

  #lookForProof(): void {
    if (this.#proof !== undefined || this.#looksLeft === 0) return;
    this.#looksLeft -= 1;
    this.#getProof();
  }

  #getProof(): Proof | undefined {
    this.#proof ??= this.#options.findProof(this.current);
    return this.#proof;
  }

  /** Files may vanish, or be closed to us, while they are read. */
  #keep(): Generation | Failure {
    const { generations, paths } = this.#options;
    try {
      return generations.keep(paths());
    } catch (error) {
      if (error instanceof Failure) return error;
      const code = codeOf(error);
      if (code === undefined) throw error;
      return new Failure('invalid', `The files of tools cannot be read, or not be kept (${code})`, {
        cause: error,
      });
    }
  }

  async #retryLater(): Promise<void> {
    if (this.#retries >= RETRIES_MAX) return;
    this.#retries += 1;
    await sleep(RETRY_MS, undefined, { signal: this.#options.stopping }).catch(() => undefined);
    this.#isWanted = true;
  }

  #fail(startedAt: number, toolGeneration: string | undefined, all: readonly Fault[]): void {
    const faults = all.slice(0, FAULTS_MAX);
    const { tookMs } = this.#conclude('failed', startedAt, { toolGeneration, faults });
    this.#options.emit({ type: 'tools_reload_failed', toolGeneration, faults, tookMs });
  }

  #conclude(
    result: ToolsOutcome['result'],
    startedAt: number,
    what: Pick<ToolsOutcome, 'toolGeneration'> & Partial<Pick<ToolsOutcome, 'lists' | 'faults'>>,
  ): ToolsOutcome {
    const tookMs = Math.round(performance.now() - startedAt);
    this.#last = { result, at: Date.now(), tookMs, lists: [], faults: [], ...what };
    return this.#last;
  }

  #prune(): void {
    const { generations, workers } = this.#options;
    generations.prune(workers().flatMap(({ toolGeneration }) => toolGeneration ?? []));
  }
}

function countsOf({ entries }: Proof): ToolsSnapshot['counts'] {
  const count = (kind: Proof['entries'][number]['kind']): number =>
    entries.filter((entry) => entry.kind === kind).length;
  return { tools: count('tool'), resources: count('resource'), prompts: count('prompt') };
}
