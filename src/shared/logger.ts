import { styleText } from 'node:util';

import winston from 'winston';

import { CONTROLS } from './controls.ts';
import { codeOf } from './errors.ts';
import type { Destination } from './line-buffer.ts';
import { LogFile } from './log-file.ts';

/** The part of a winston logger that the rest of the code may lean on. */
export interface Logger {
  debug(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
}

/** From the most talkative to the most quiet. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
/** What is less severe than this is not written. */
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Where JSON lines are appended beside standard output. Several processes may share it. */
  readonly file: string | undefined;
  /** Lines for people, and not for machines, on standard output. */
  readonly human: boolean;
  readonly redact: (text: string) => string;
  /** Fields of every line: who speaks. */
  readonly fields: object;
  /** Told the code of the error when a line could not be written. */
  readonly onWriteError?: (code: string) => void;
}

/** A line, before it is written: its severity, what it says, who speaks, and the rest. */
export interface LogLine {
  readonly level: string;
  readonly message: unknown;
  readonly [field: string]: unknown;
}

/** What a pipe takes whole on Linux (PIPE_BUF): several processes write to one standard output. */
const PIPE_BYTES_MAX = 4_096;
/** A file takes any write whole. */
const FILE_BYTES_MAX = 65_536;
/** The longest text in a line. */
const TEXT_LENGTH_MAX = 16_384;

/** Says nothing. */
export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** The logger of a process, and its file. */
export interface OwnLogger extends Logger {
  /** Goes on in a new file, after the old one was moved aside. */
  reopenFile(): void;
  /** Where its lines go, for those that are so many that each would cost too much here. */
  readonly destinations: readonly Destination[];
  /** What it was made with: other lines are to be like its own. */
  readonly made: LoggerOptions;
}

/** Whether a line of that severity is written. */
export function isWritten(severity: LogLevel, { level }: LoggerOptions): boolean {
  return LOG_LEVELS.indexOf(severity) >= LOG_LEVELS.indexOf(level);
}

/** Makes the logger of a process. A line that cannot be written is lost; the process lives on. */
export function createLogger(options: LoggerOptions): OwnLogger {
  const { level, file, human, redact, fields, onWriteError } = options;
  // A full disk or a reader that went away must not end us.
  for (const stream of [process.stdout, process.stderr]) {
    // A logger that is made anew, with more known, goes on with the same listener.
    if (stream.listenerCount('error') > 0) continue;
    stream.on('error', (error) => onWriteError?.(codeOf(error) ?? 'unknown error'));
  }
  const encode = (_key: string, value: unknown): unknown => shorten(encodeError(value), redact);
  const json = winston.format.printf(({ timestamp, level: of, message, ...rest }) =>
    redact(JSON.stringify({ timestamp, level: of, message, ...rest }, encode)),
  );
  const onScreen = human ? winston.format.printf((line) => redact(forPeople(line, redact))) : json;
  const logFile = file === undefined ? undefined : new LogFile(file);
  const log = winston.createLogger({
    level,
    format: winston.format.timestamp(),
    defaultMeta: fields,
    transports: [
      new winston.transports.Stream({ stream: process.stdout, format: onScreen }),
      ...(logFile === undefined
        ? []
        : [new winston.transports.Stream({ stream: logFile, format: json })]),
    ],
  });
  return Object.assign(log, {
    reopenFile: () => logFile?.reopen(),
    destinations: [
      standardOutput(human),
      ...(logFile === undefined ? [] : [destinationOf(logFile)]),
    ],
    made: options,
  });
}

function standardOutput(human: boolean): Destination {
  return {
    human,
    writeBytesMax: PIPE_BYTES_MAX,
    write: (lines, done) => {
      process.stdout.write(lines, (error) => {
        done(error === null || error === undefined);
      });
    },
  };
}

function destinationOf(file: LogFile): Destination {
  return {
    human: false,
    writeBytesMax: FILE_BYTES_MAX,
    write: (lines, done) => {
      done(file.append(Buffer.from(lines)));
    },
  };
}

/** An error, wherever it stands in a line, with all that explains it. */
function encodeError(value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const { name, message, stack, cause } = value;
  const errors = value instanceof AggregateError ? value.errors : undefined;
  return { name, message, code: codeOf(value), stack, cause, errors };
}

/** What others say is not to fill a disk. It is redacted first: half a secret is not found any more. */
function shorten(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value !== 'string' || value.length <= TEXT_LENGTH_MAX) return value;
  const rest = value.length - TEXT_LENGTH_MAX;
  return `${redact(value).slice(0, TEXT_LENGTH_MAX)} … and ${rest} more characters`;
}

const COLOURS = { debug: 'gray', info: 'green', warn: 'yellow', error: 'red' } as const;
const SPEAKERS = new Set(['level', 'message', 'timestamp', 'process', 'pid', 'slot']);

/** A line for people. */
export function forPeople(line: LogLine, redact: (text: string) => string): string {
  const level = LOG_LEVELS.find((known) => known === line.level) ?? 'info';
  const time = styleText('gray', String(line.timestamp).slice(11, 19));
  const speaker =
    line.slot === undefined ? String(line.process) : `worker ${forPerson(line.slot, redact)}`;
  const fields = Object.entries(line)
    .filter(([name]) => !SPEAKERS.has(name))
    .map(([name, value]) => `${styleText('gray', name)} ${forPerson(value, redact)}`);
  const said = `${styleText(COLOURS[level], level.padEnd(5))} ${speaker.padEnd(10)} ${String(line.message)}`;
  return [`${time} ${said}`, ...fields].join('  ');
}

function forPerson(value: unknown, redact: (text: string) => string): string {
  // Only ours has lines; what stands in them is of others.
  if (value instanceof Error) {
    return (value.stack ?? value.message)
      .split('\n')
      .map((text) => plain(text, redact))
      .join('\n');
  }
  if (typeof value === 'string') return plain(value, redact);
  return plain(
    JSON.stringify(value, (_key, inner: unknown) => encodeError(inner)),
    redact,
  );
}

/** Without what would have a terminal do something. */
function plain(text: string, redact: (text: string) => string): string {
  return String(shorten(text, redact)).replaceAll(
    CONTROLS,
    (control) => `\\u${(control.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}
