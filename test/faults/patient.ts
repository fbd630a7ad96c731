/**
 * A Holdfast that something is done to, seen from outside. Whatever a test asks of it, some things have to
 * hold in each, and are checked when it is disposed of: so no test can forget them.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { findAdminRecord } from '../../src/shared/admin-files.ts';
import type { FatalReport } from '../../src/supervisor/fatal/fatal-report.ts';
import { type LogLine, processesOf } from '../process/holdfast.ts';
import { childrenOf, describeProcess, isWorker, kill } from './processes.ts';
import { type PatientOptions, spawnPatient } from './spawn-patient.ts';
import { isState, type State } from './state.ts';
import { Watch } from './watch.ts';

export type { PatientOptions } from './spawn-patient.ts';

const POLL_MS = 50;
const ANSWER_MS_MAX = 10_000;
const GONE_MS = 5_000;

export class Patient implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly stateFolder: string;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  readonly #ownFolder: boolean;
  readonly #workersMax: number;
  readonly #watch: Watch;
  readonly #ports = new Map<string, number>();
  #stdout = '';
  #stderr = '';
  /** Whoever kills it cannot expect it to say why. */
  #isMurdered = false;

  constructor(options: PatientOptions) {
    const { stateFolder, workers = 2 } = options;
    this.stateFolder = stateFolder ?? mkdtempSync(join(tmpdir(), 'holdfast-faults-'));
    this.#ownFolder = stateFolder === undefined;
    // One more may be on its way while its predecessor still serves.
    this.#workersMax = workers + 1;
    this.child = spawnPatient(options, this.stateFolder);
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    this.ended = once(this.child, 'close').then(() => ({
      code: this.child.exitCode,
      signal: this.child.signalCode,
    }));
    this.#watch = new Watch({
      countWorkers: () => this.workerPids().length,
      ask: () => this.state(),
    });
  }

  log(): LogLine[] {
    return parseLines(this.#stdout);
  }

  /** Lines of the log that say so. */
  said(message: string): LogLine[] {
    return this.log().filter((line) => line.message === message);
  }

  get stderr(): string {
    return this.#stderr;
  }

  get output(): string {
    return `${this.#stdout}\n${this.#stderr}`;
  }

  /** The report it ended with. */
  fatal(): FatalReport {
    const [report] = this.#reports();
    assert.ok(report !== undefined, `no report:\n${this.output}`);
    return report;
  }

  /** How many worker processes were ever started. */
  get starts(): number {
    const forked = this.log().filter(({ message }) => message === 'worker was forked');
    return forked.length;
  }

  /** Its workers that live now, whatever they do. */
  workerPids(): number[] {
    const { pid } = this.child;
    if (pid === undefined) return [];
    return childrenOf(pid).filter((child) => isWorker(child));
  }

  async adminPort(): Promise<number> {
    if (this.child.stdout === null) return this.#adminPortOnRecord();
    return this.#portFrom('operators may ask');
  }

  /** The port that agents connect to, once all workers serve. */
  async port(): Promise<number> {
    return this.#portFrom('serving');
  }

  async get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    // One that is stopped, or hangs, is not waited for without end.
    const signal = AbortSignal.timeout(ANSWER_MS_MAX);
    return fetch(`http://127.0.0.1:${await this.adminPort()}${path}`, { headers, signal });
  }

  async post(path: string, body?: object): Promise<Response> {
    const token = readFileSync(join(this.stateFolder, 'admin-token'), 'utf8').trim();
    return fetch(`http://127.0.0.1:${await this.adminPort()}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** The state, which has to follow its schema whatever happens. */
  async state(): Promise<State> {
    const state = (await (await this.get('/supervisor/state')).json()) as State; // checked next
    assert.ok(isState(state), JSON.stringify(isState.errors, null, 1));
    return state;
  }

  async events(): Promise<readonly { readonly type: string; readonly [field: string]: unknown }[]> {
    const answer = await this.get('/supervisor/events?limit=500');
    const { events } = (await answer.json()) as { events: { type: string }[] }; // as documented
    return events;
  }

  async metric(line: string): Promise<number | undefined> {
    const text = await (await this.get('/metrics')).text();
    const found = text.split('\n').find((candidate) => candidate.startsWith(`${line} `));
    return found === undefined ? undefined : Number(found.split(' ').at(-1));
  }

  /** Polls the state until it is as wanted. Every one that is seen is checked. */
  async until(wanted: (state: State) => boolean, what: string, forMs = 60_000): Promise<State> {
    const deadline = performance.now() + forMs;
    let state: State | undefined;
    while (performance.now() < deadline) {
      if (this.#hasEnded) throw new Error(`It ended before ${what}:\n${this.output}`);
      state = await this.state().catch((error: unknown) => {
        if (error instanceof assert.AssertionError) throw error;
        return undefined;
      });
      if (state !== undefined && wanted(state)) return state;
      await sleep(POLL_MS);
    }
    throw new Error(`Not seen: ${what}\n${JSON.stringify(state)}\n${this.output}`);
  }

  async running(): Promise<State> {
    return this.until((state) => state.supervisor.state === 'RUNNING', 'RUNNING');
  }

  /** Waits for a line of the log. */
  async hears(t: TestContext, message: string, timeout = 20_000): Promise<LogLine> {
    return t.waitFor(
      () => {
        const [line] = this.said(message);
        assert.ok(line !== undefined, `"${message}" was not said`);
        return line;
      },
      { timeout, interval: 20 },
    );
  }

  /** Kills the supervisor itself. Of its workers, those that hang may live on. */
  murder(): void {
    this.#isMurdered = true;
    this.child.kill('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGCONT');
    this.child.kill('SIGTERM');
    // A worker of one that was killed may hang on, and hold its output open.
    if (this.#isMurdered) this.#killAll();
    const { code } = await this.ended;
    await this.#watch.stop();
    try {
      this.#checkInvariants(code);
      if (!this.#isMurdered) await this.#checkNobodyLeft();
    } finally {
      this.#killAll();
      if (this.#ownFolder) rmSync(this.stateFolder, { recursive: true, force: true });
    }
  }

  #checkInvariants(code: number | null): void {
    const { crowd, invalid } = this.#watch;
    assert.ok(crowd <= this.#workersMax, `${crowd} workers lived at once`);
    assert.deepEqual(invalid, []);
    if (this.#isMurdered) return;
    assert.deepEqual(this.said('something was left open, and is cut off'), []);
    const reports = this.#reports();
    assert.equal(
      reports.length,
      code === 0 ? 0 : 1,
      `reports, with exit code ${code}:\n${this.output}`,
    );
    if (code === 0) return;
    assert.equal(reports[0]?.exitCode, code);
    assert.match(this.#stderr, new RegExp(`^FATAL \\[\\w+\\] exit ${code} `, 'm'));
  }

  async #checkNobodyLeft(): Promise<void> {
    const deadline = performance.now() + GONE_MS;
    while (processesOf(this.stateFolder).length > 0) {
      const left = processesOf(this.stateFolder);
      assert.ok(
        performance.now() < deadline,
        `still there: ${left.map(describeProcess).join(', ')}`,
      );
      await sleep(POLL_MS);
    }
  }

  get #hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  #killAll(): void {
    for (const pid of processesOf(this.stateFolder)) kill(pid);
  }

  #reports(): FatalReport[] {
    const lines = parseLines(this.#stderr).filter(({ level }) => level === 'fatal');
    return lines as unknown as FatalReport[]; // its shape has tests of its own
  }

  /** As the CLI finds it. */
  #adminPortOnRecord(): number {
    const record = findAdminRecord(this.stateFolder);
    if (record === undefined)
      throw new Error('It has not written down yet where operators may ask');
    return record.port;
  }

  async #portFrom(message: string): Promise<number> {
    const known = this.#ports.get(message);
    if (known !== undefined) return known;
    const deadline = performance.now() + 60_000;
    for (;;) {
      const [line] = this.said(message);
      if (typeof line?.port === 'number') {
        this.#ports.set(message, line.port);
        return line.port;
      }
      if (this.#hasEnded || performance.now() > deadline) {
        throw new Error(`It never said "${message}":\n${this.output}`);
      }
      await sleep(20);
    }
  }
}

function parseLines(text: string): LogLine[] {
  return text.split('\n').flatMap((line) => {
    try {
      return line.startsWith('{') ? [JSON.parse(line) as LogLine] : []; // one of ours
    } catch {
      return [];
    }
  });
}
