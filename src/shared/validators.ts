import { isIP } from 'node:net';

import { makeValidator } from 'envalid';
import { LOG_LEVELS, type LogLevel } from './logger.ts';
import { isLoopback } from './loopback.ts';

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

/** The address under which others find us. */
export const publicUrl = makeValidator<string>((input) => {
  const url = URL.parse(input);
  const isBare =
    url !== null && ['', '/'].includes(url.pathname) && url.search === '' && url.hash === '';
  if (isBare && ['http:', 'https:'].includes(url.protocol) && url.username === '')
    return url.origin;
  throw new TypeError('expected a URL like https://mcp.example, without a path');
});

/** Authorization servers, separated by commas. Over plain HTTP only on this machine: their keys decide who is let in. */
export const issuers = makeValidator<readonly string[]>((input) => {
  const given = split(input);
  if (given.every(isIssuer)) return given;
  throw new TypeError('expected URLs like https://login.example, without query and fragment');
});

function isIssuer(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || /[?#]/.test(text) || url.username !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
}

/** Asymmetric ones (RFC 7518, RFC 8037): with a shared secret whoever checks a token could make one. */
const ALGORITHMS = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ');
/** Algorithms of signatures, separated by commas. */
export const algorithms = makeValidator<readonly string[]>((input) => {
  const given = split(input);
  if (given.length > 0 && given.every((name) => ALGORITHMS.includes(name))) return given;
  throw new TypeError(`expected some of ${ALGORITHMS.join(', ')}`);
});

/** Addresses and networks, separated by commas. */
export const networks = makeValidator<readonly string[]>((input) => {
  const given = split(input);
  if (given.every(isNetwork)) return given;
  throw new TypeError('expected addresses and networks like 10.0.0.0/8');
});

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
  );
}

/** Names, addresses and networks, separated by commas. */
export const privateHosts = makeValidator<readonly string[]>((input) => {
  const given = split(input);
  if (given.every((entry) => isNetwork(entry) || isHost(entry))) return given;
  throw new TypeError('expected names, addresses and networks like localhost, [::1] or 10.0.0.0/8');
});

/** Whether a URL with that host has that very host: `127.1` would be read as an address, and `*.example` never match. */
function isHost(text: string): boolean {
  return (
    /^(\[[\da-f:.]+\]|[\w.-]+)$/i.test(text) &&
    URL.parse(`http://${text}`)?.hostname === text.toLowerCase()
  );
}

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
