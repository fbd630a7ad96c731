import { stripVTControlCharacters } from 'node:util';

import type { FatalReport } from './fatal-report.ts';

/** Kubernetes shows 4096 bytes of the termination file, and drops the rest. */
const TERMINATION_BYTES_MAX = 4_000;

/** A report as one line of JSON, for machines. */
export function renderLine(report: FatalReport): string {
  const line = { timestamp: report.at, level: 'fatal', message: 'fatal exit', ...report };
  return `${JSON.stringify(line)}\n`;
}

/** A report as a block of text, for a person at a terminal. `notes` are said at its end. */
export function renderBlock(report: FatalReport, notes: readonly string[] = []): string {
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ['Do', [report.remedy]],
    ['Attempts', attemptsOf(report)],
    ['Evidence', evidenceOf(report)],
    ['Needs', report.dependencies.map(dependencyLine)],
    ['State', supervisorOf(report)],
    ['Loop', loopOf(report)],
    ['Next', [report.next.text]],
    ['Versions', [versionsOf(report)]],
    ['Note', notes],
  ];
  const lines = sections.flatMap(([title, body]) =>
    body.map((line, index) => `  ${(index === 0 ? title : '').padEnd(9)} ${printable(line)}`),
  );
  return `${[firstLine(report), ...lines].join('\n')}\n`;
}

/** The short form that Kubernetes shows: what matters most comes first, and 4000 bytes are not exceeded. */
export function renderTermination(report: FatalReport): string {
  const { evidence, dependencies, remedy, next } = report;
  const head = [
    firstLine(report),
    remedy,
    ...attemptsOf(report).slice(0, 1),
    ...loopOf(report),
    next.text,
    ...dependencies.filter(({ status }) => status === 'down').map(dependencyLine),
    ...evidence.workerStack.slice(0, 10),
    ...factsOf(evidence),
    versionsOf(report),
  ].map(printable);
  const tail = evidence.stderrTail.length > 0 ? evidence.stderrTail : evidence.supervisorStack;
  const text = [...head, ...fitLast(tail.map(printable), TERMINATION_BYTES_MAX - bytesOf(head))];
  return cut(`${text.join('\n')}\n`, TERMINATION_BYTES_MAX);
}

function firstLine({ class: crashClass, exitCode, exitName, cause }: FatalReport): string {
  return `FATAL [${crashClass}] exit ${exitCode} ${exitName}: ${printable(cause)}`;
}

function attemptsOf({ attempts, cause }: FatalReport): string[] {
  const { total, identical, last } = attempts;
  if (total === 0) return [];
  const each = last.map((attempt) => {
    const slot = attempt.slot === null ? '' : ` slot ${attempt.slot}`;
    const { delaySeconds } = attempt;
    const waited = delaySeconds ? ` after ${duration(delaySeconds)}` : '';
    const why = attempt.cause === cause ? 'the same' : `[${attempt.class}] ${attempt.cause}`;
    return `  ${attempt.at.slice(11, 23)}${slot}${waited}: ${why}`;
  });
  return [`${total} ${total === 1 ? 'attempt' : 'attempts'}, ${identical} identical`, ...each];
}

function evidenceOf({ evidence }: FatalReport): string[] {
  const { workerStack, supervisorStack, stderrTail, calls } = evidence;
  return [
    ...factsOf(evidence),
    ...calls.map(({ tool, fingerprint }) => `was busy with a call of ${tool} (${fingerprint})`),
    ...listed('the worker was at', workerStack),
    ...listed('the supervisor failed in', supervisorStack),
    ...listed('its last lines on stderr', stderrTail),
  ];
}

/** What was found out and is no list, in a line each. */
function factsOf(evidence: FatalReport['evidence']): string[] {
  const { exitCode, signal, slot, phase, uptimeSeconds, processState } = evidence;
  const ended = signal === null ? `with code ${exitCode}` : `by ${signal}`;
  const when = phase === 'boot' ? 'before it was ready' : 'after it had been ready';
  const lived = uptimeSeconds === null ? '' : `, ${duration(uptimeSeconds)} old`;
  const sizes = [
    ['resident', evidence.rssBytes],
    ['limit of the heap', evidence.heapLimitBytes],
    ['limit of the container', evidence.cgroupLimitBytes],
  ] as const;
  const memory = sizes.flatMap(([name, bytes]) =>
    bytes === null ? [] : [`${name} ${Math.round(bytes / 1_048_576)} MiB`],
  );
  const { oomKills, portHolder } = evidence;
  if (oomKills !== null && oomKills > 0) memory.push(`${oomKills} killed by the kernel for memory`);
  return [
    ...(phase === null ? [] : [`worker in slot ${slot ?? '?'} ended ${ended} ${when}${lived}`]),
    ...(processState === null ? [] : [`process state ${processState}`]),
    ...(memory.length === 0 ? [] : [`memory: ${memory.join(', ')}`]),
    ...(portHolder === null ? [] : [`the port is held by ${portHolder}`]),
  ];
}

function listed(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  | ${line}`)];
}

function dependencyLine(dependency: FatalReport['dependencies'][number]): string {
  const { name, required, status, since, address, latencySeconds, lastError } = dependency;
  const need = required ? 'required' : 'optional';
  const took = latencySeconds === null ? '' : `, answers in ${duration(latencySeconds)}`;
  const wrong = [lastError?.code, lastError?.message].filter((part) => part != null).join(' ');
  const error = wrong === '' ? '' : `; last error: ${wrong}`;
  return `${name} (${need}) is ${status} since ${since} at ${address}${took}${error}`;
}

function supervisorOf({ supervisor }: FatalReport): string[] {
  if (supervisor === null) return ['no worker was started'];
  const { workersReady, workersDesired, bootFailures, bootFailuresMax } = supervisor;
  const { crashScore, crashScoreMax, zeroCapacitySeconds, started } = supervisor;
  const none = zeroCapacitySeconds === 0 ? '' : `, none for ${duration(zeroCapacitySeconds)}`;
  return [
    `${supervisor.state}: ${supervisor.stateReason}`,
    `${workersReady} of ${workersDesired} workers ready${none}${started ? '' : '; none ever was'}`,
    `${bootFailures} of ${bootFailuresMax} failed boots, crash score ${crashScore} of ${crashScoreMax}`,
  ];
}

function loopOf({ loop }: FatalReport): string[] {
  if (loop === null) return [];
  const { fatalExits, identical, spanSeconds, holdSeconds } = loop;
  const span = fatalExits === 1 ? '' : ` in ${duration(spanSeconds)}`;
  const hold = holdSeconds === 0 ? 'exiting now' : `holding ${duration(holdSeconds)}`;
  return [`this is fatal exit ${fatalExits}${span}, ${identical} identical; ${hold}`];
}

function versionsOf({ versions }: FatalReport): string {
  const { app, node, configHash, host, containerId } = versions;
  const known = [
    ['configuration', configHash],
    ['host', host],
    ['container', containerId],
  ].flatMap(([name, value]) => (value === null ? [] : [`${name} ${value}`]));
  return [`holdfast ${app}`, `node ${node}`, ...known].join(', ');
}

function duration(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1_000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}

/** One line, without what a terminal would obey: a worker may have printed what an agent sent. */
function printable(text: string): string {
  return stripVTControlCharacters(text).replace(
    /[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]+/gu,
    ' ',
  );
}

function bytesOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
}

/** The last lines that fit: of a stack trace or a log they say most. */
function fitLast(lines: readonly string[], bytesMax: number): readonly string[] {
  const excess = lines.findIndex((_, index) => bytesOf(lines.slice(index)) <= bytesMax);
  return excess === -1 ? [] : lines.slice(excess);
}

/** At most so many bytes of UTF-8, and no character in two. */
function cut(text: string, bytesMax: number): string {
  const bytes = Buffer.from(text);
  let end = Math.min(bytes.length, bytesMax);
  // Every byte of a character but the first begins with the bits 10.
  while (end > 0 && end < bytes.length && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}
