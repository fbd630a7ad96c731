/** How much something said to an agent matters, least first (RFC 5424 §6.2.1; MCP, server/utilities/logging). */
export const LOG_LEVELS = [
  'debug',
  'info',
  'notice',
  'warning',
  'error',
  'critical',
  'alert',
  'emergency',
] as const;

/** One of them. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Whether something is one of them. */
export function isLogLevel(value: unknown): value is LogLevel {
  const levels: readonly unknown[] = LOG_LEVELS;
  return levels.includes(value);
}

/** Whether something of one level is said to somebody who asked for another. */
export function isLoudEnough(level: LogLevel, asked: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(asked);
}
