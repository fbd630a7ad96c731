import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { codeOf } from '../../shared/errors.ts';
import { findProcess, isRunning, type ProcessIdentity } from '../process-identity.ts';
import {
  type FatalEntry,
  type HistoryEntry,
  type HistoryRecord,
  isSameRun,
  parseHistoryRecord,
  type Stamp,
} from './history-record.ts';
import { countFatals, type FatalCount, findPreviousRun, type PreviousRun } from './loop.ts';

const FILE_NAME = 'history.jsonl';
const RECORDS_MAX = 100;
/** A hundred records of 256 workers each would not be as large: it is another's file. */
const FILE_BYTES_MAX = 4_194_304;
/** Of these a run needs the newest only: else a long one would drive out what came before. */
const REPLACED: ReadonlySet<HistoryEntry['type']> = new Set(['ready', 'healthy', 'workers']);

export interface HistoryOptions {
  readonly stateFolder: string;
  /** Who and when, at this moment: `stampOf(process.pid)`. */
  readonly stamp: () => Stamp;
  /** Called once, for the first thing that goes wrong. What follows is not worth a line each time. */
  readonly onFailure: (failure: HistoryFailure) => void;
}

/** What is the matter with the file. */
export interface HistoryFailure {
  readonly path: string;
  readonly doing: 'read' | 'write';
  /** `ENOSPC`, …; `corrupt` if lines were passed over. */
  readonly code: string;
}

/**
 * What outlives us: how earlier runs went, in a file of the state folder. It is kept as well as
 * possible: nothing here throws, and what cannot be written is remembered for as long as we live.
 */
export class History {
  /** How the run before ours ended. */
  readonly previousRun: PreviousRun;
  readonly #options: HistoryOptions;
  readonly #path: string;
  #records: readonly HistoryRecord[];
  #failed = false;

  constructor(options: HistoryOptions) {
    this.#options = options;
    this.#path = join(options.stateFolder, FILE_NAME);
    this.#records = this.#read();
    this.previousRun = findPreviousRun(this.#records);
  }

  /** Remembers something of this run. */
  add(entry: HistoryEntry): void {
    const record: HistoryRecord = { ...this.#options.stamp(), ...entry };
    const kept = REPLACED.has(entry.type)
      ? this.#records.filter(
          ({ type, ...stamp }) => type !== entry.type || !isSameRun(stamp, record),
        )
      : this.#records;
    this.#records = [...kept, record].slice(-RECORDS_MAX);
    this.#write();
  }

  /** Remembers that we give up, and tells how often we did so already, this time included. */
  addFatal(fatal: Omit<FatalEntry, 'type'>): FatalCount {
    const entry = { type: 'fatal', ...fatal } as const;
    this.add(entry);
    return countFatals(this.#records, entry, this.#options.stamp());
  }

  /** How often runs gave up of late, for whatever cause, with this version and configuration. */
  countFatals({ version, configHash }: Pick<FatalEntry, 'version' | 'configHash'>): FatalCount {
    const entry = { type: 'fatal', exitCode: 0, class: 'killed', fingerprint: '' } as const;
    return countFatals(this.#records, { ...entry, version, configHash }, this.#options.stamp());
  }

  /** Workers of earlier runs that still run: they hang. To be asked for while the state folder is ours alone. */
  findOrphans(): ProcessIdentity[] {
    const ours = this.#options.stamp();
    return this.#records
      .flatMap((record) =>
        record.type === 'workers' && !isSameRun(record, ours) ? record.processes : [],
      )
      .filter(isRunning);
  }

  #read(): HistoryRecord[] {
    try {
      const found = statSync(this.#path, { throwIfNoEntry: false });
      if (found === undefined) return [];
      if (found.isFile() && found.size <= FILE_BYTES_MAX) {
        return this.#parse(readFileSync(this.#path, 'utf8'));
      }
      // A named pipe would have us wait for ever.
      this.#fail('read', 'corrupt');
    } catch (error) {
      this.#fail('read', codeOf(error) ?? 'unknown error');
    }
    return [];
  }

  #parse(text: string): HistoryRecord[] {
    const lines = text.split('\n').filter((line) => line !== '');
    const records = lines.flatMap((line) => parseHistoryRecord(line) ?? []);
    if (records.length < lines.length) this.#fail('read', 'corrupt');
    return records;
  }

  #write(): void {
    const aside = `${this.#path}.new`;
    try {
      const lines = this.#records.map((record) => `${JSON.stringify(record)}\n`);
      writeFileSync(aside, lines.join(''), { mode: 0o600 });
      renameSync(aside, this.#path);
    } catch (error) {
      this.#fail('write', codeOf(error) ?? 'unknown error');
    }
  }

  #fail(doing: HistoryFailure['doing'], code: string): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#options.onFailure({ path: this.#path, doing, code });
  }
}

/** Who a process is, and what time it is by both clocks. */
export function stampOf(pid: number): Stamp {
  return {
    at: new Date().toISOString(),
    uptimeS: findUptimeS(),
    process: findProcess(pid) ?? { pid, startedAt: null, bootId: null },
  };
}

function findUptimeS(): number | null {
  try {
    const seconds = Number.parseFloat(readFileSync('/proc/uptime', 'utf8'));
    return Number.isFinite(seconds) ? seconds : null;
  } catch {
    return null;
  }
}
