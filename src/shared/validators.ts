import { makeValidator } from 'envalid';

import { LOG_LEVELS, type LogLevel } from './logger.ts';

/** Bytes. */
export const MIB = 1_048_576;

/** A whole number within bounds. */
export const wholeNumber = (unit: string, min: number, max: number) =>
  makeValidator<number>((input) => {
    const value = Number(input);
    if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
    throw new TypeError(`expected ${unit}: a whole number from ${min} to ${max}`);
  });
/** A duration: a day at most. */
export const milliseconds = wholeNumber('milliseconds', 1, 86_400_000);

// What is wrong is never repeated: it may hold a password.
const serverUrl = (protocols: readonly string[], example: string) =>
  makeValidator<string>((input) => {
    const url = URL.parse(input);
    if (url !== null && protocols.includes(url.protocol) && url.hostname !== '') return input;
    throw new TypeError(`expected ${example}`);
  });
/** Where Postgres is. */
export const databaseUrl = serverUrl(
  ['postgres:', 'postgresql:'],
  'a URL like postgresql://host:5432/database, with user and password',
);
/** Where Redis is. */
export const redisUrl = serverUrl(['redis:', 'rediss:'], 'a URL like redis://host:6379/0');
/** Origins of web pages, separated by commas. */
export const origins = makeValidator<readonly string[]>((input) => {
  const given = split(input);
  if (given.every((origin) => URL.parse(origin)?.origin === origin)) return given;
  throw new TypeError('expected origins like https://app.example:8443, without a path');
});

/** Names of hosts, separated by commas, without scheme or port. */
export const hostNames = makeValidator<readonly string[]>((input) => {
  const given = split(input);
  if (given.every((name) => /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(name))) return given;
  throw new TypeError('expected names like mcp.example, without scheme or port');
});
const TOKEN_LENGTH_MIN = 16;
/** What somebody has to show. It is as good as it is long. */
export const token = makeValidator<string>((input) => {
  if (input.length >= TOKEN_LENGTH_MIN) return input;
  throw new TypeError(`expected ${TOKEN_LENGTH_MIN} characters or more`);
});
/** Entries separated by commas. */
export const list = makeValidator<readonly string[]>(split);
/** How much is logged. */
export const logLevel = makeValidator<LogLevel>((input) => {
  const level = LOG_LEVELS.find((known) => known === input.toLowerCase());
  if (level === undefined) throw new TypeError(`expected one of ${LOG_LEVELS.join(', ')}`);
  return level;
});

function split(input: string): readonly string[] {
  return input
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
