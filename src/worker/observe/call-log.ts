import { LineBuffer } from '../../shared/line-buffer.ts';
import { forPeople, isWritten, type OwnLogger } from '../../shared/logger.ts';
import { Losses } from '../../shared/losses.ts';
import { remembering } from '../../shared/remembering.ts';
import type { Audit, AuditEntry } from '../domain/audit.ts';
import { Timestamps } from './timestamps.ts';

/** What a line says of a call: never what it was called with, nor the hash of that. */
type Told = Omit<AuditEntry, 'kind' | 'argumentsHash'>;

interface Output {
  readonly human: boolean;
  readonly buffer: LineBuffer;
}

const ALIKE = { level: 'info', message: 'call' } as const;
/** Whoever calls chooses what it names. A longer text is left out: in a part of it half a secret would not be found. */
const TEXT_LENGTH_MAX = 1_000;

/** Whoever counts what is lost. It must not throw. */
interface CallLogObserver {
  lose(what: 'call_lines', count: number): void;
}

/** The log of calls beside a logger; nothing, if that one is for what is more severe. */
export function openCallLog(log: OwnLogger, observer: CallLogObserver): CallLog | undefined {
  return isWritten(ALIKE.level, log.made) ? new CallLog(log, observer) : undefined;
}

/**
 * A line for each call, in the places and in the form of a logger's. They are too many for the logger itself, and all alike: one is
 * put together for a tenth of the cost, and many are written at once. What waits is written too when the process exits.
 */
export class CallLog implements Audit, AsyncDisposable {
  readonly #log: OwnLogger;
  readonly #observer: CallLogObserver;
  readonly #outputs: readonly Output[];
  readonly #timestamps = new Timestamps();
  /** A text as it stands in JSON, secrets struck out. */
  readonly #text: (text: string) => string;
  /** What all lines have in common, as it stands in JSON. */
  readonly #alike: string;
  readonly #losses: Losses;

  constructor(log: OwnLogger, observer: CallLogObserver) {
    const { destinations, made } = log;
    this.#log = log;
    this.#observer = observer;
    this.#losses = new Losses((count) => {
      log.warn('lines of calls lost', { count });
    });
    this.#text = remembering((text) => JSON.stringify(made.redact(text)));
    this.#alike = JSON.stringify({ ...ALIKE, ...made.fields }).slice(1, -1);
    this.#outputs = destinations.map((destination) => ({
      human: destination.human,
      buffer: new LineBuffer(destination, (count) => {
        this.#noteLost(count);
      }),
    }));
    process.once('exit', this.#flushLast);
  }

  record(entry: AuditEntry, at = Date.now()): void {
    const { action, outcome, address } = entry;
    const told = {
      who: short(entry.who),
      action,
      subject: short(entry.subject),
      outcome,
      durationMs: rounded(entry.durationMs),
      address,
    };
    let json: string | undefined;
    for (const { human, buffer } of this.#outputs) {
      if (human) {
        buffer.add(this.#forPeople(told, at));
      } else {
        json ??= this.#asJson(told, at);
        buffer.add(json);
      }
    }
  }

  /** Writes what waits. What cannot be written in time is lost. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#outputs.map(({ buffer }) => buffer[Symbol.asyncDispose]()));
    process.off('exit', this.#flushLast);
    this.#losses[Symbol.dispose]();
  }

  readonly #flushLast = (): void => {
    for (const { buffer } of this.#outputs) buffer.flushLast();
  };

  #asJson({ who, action, subject, outcome, durationMs, address }: Told, at: number): string {
    const text = this.#text;
    let line = `{"timestamp":"${this.#timestamps.of(at)}",${this.#alike}`;
    if (who !== undefined) line += `,"who":${text(who)}`;
    line += `,"action":${text(action)}`;
    if (subject !== undefined) line += `,"subject":${text(subject)}`;
    line += `,"outcome":${text(outcome)}`;
    if (durationMs !== undefined) line += `,"durationMs":${durationMs}`;
    if (address !== undefined) line += `,"address":${text(address)}`;
    return `${line}}\n`;
  }

  #forPeople(told: Told, at: number): string {
    const { redact, fields } = this.#log.made;
    const said = Object.entries(told).filter(([, value]) => value !== undefined);
    const line = { timestamp: this.#timestamps.of(at), ...ALIKE, ...fields };
    return `${redact(forPeople({ ...line, ...Object.fromEntries(said) }, redact))}\n`;
  }

  #noteLost(count: number): void {
    this.#observer.lose('call_lines', count);
    this.#losses.note(count);
  }
}

function short(text: string | undefined): string | undefined {
  return text === undefined || text.length <= TEXT_LENGTH_MAX
    ? text
    : `… ${text.length} characters`;
}

/** A duration of as many digits as a clock can tell: microseconds. */
function rounded(durationMs: number | undefined): number | undefined {
  return durationMs === undefined ? undefined : Math.round(durationMs * 1_000) / 1_000;
}
