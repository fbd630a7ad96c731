import { dirname, resolve } from 'node:path';

import type { Fault } from '../../../shared/proof.ts';
import { LoadFailure } from '../load/load-failure.ts';
import { Fields, isObject, type Notes } from './fields.ts';
import { findJsonFault } from './json-place.ts';
import type { HttpServer, MountedServer, StdioServer } from './server.ts';

/** A server's name is the beginning of its tools' names, and a label. */
const NAME = /^[A-Za-z0-9_.-]{1,64}$/;
const PREFIX = /^[A-Za-z0-9_.-]{0,63}$/;
const SERVERS_MAX = 64;
/** Node waits no longer for the head of an answer. */
const TIMEOUT_MS_MAX = 300_000;
/** What others need to run at all, and is no secret. */
const INHERITED = ['PATH', 'HOME', 'LANG', 'TMPDIR'] as const;
const HTTP_TYPES: ReadonlySet<string> = new Set(['http', 'streamable-http', 'streamableHttp']);

export interface ParseServersOptions {
  /** Where it was written. What is relative, is so to its folder. */
  readonly file: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads the servers of an `mcpServers` file, in the JSON that every client uses. Nothing, if it is a file of another kind.
 * Throws a `LoadFailure` with all that is wrong with it.
 */
export function parseServers(
  text: string,
  { file, environment }: ParseServersOptions,
): readonly MountedServer[] | undefined {
  const faults: Fault[] = [];
  const notes = { file, environment, faults };
  const content = parse(text, file);
  if (!isObject(content) || !('mcpServers' in content)) return undefined;
  const { mcpServers: named } = content;
  if (!isObject(named)) throw failureOf(file, 'mcpServers must be an object of servers');
  const all = Object.entries(named);
  if (all.length > SERVERS_MAX) {
    throw failureOf(file, `mcpServers holds more than ${SERVERS_MAX} servers`);
  }
  const servers = all.flatMap(([name, server]) => parseServer(name, server, notes) ?? []);
  if (faults.length > 0) throw new LoadFailure(faults);
  return servers;
}

function parse(text: string, file: string): unknown {
  const place = findJsonFault(text);
  if (place === undefined) return JSON.parse(text);
  // Beside tools lie files of data, and what is wrong with those is not for us to say.
  if (!text.includes('"mcpServers"')) return undefined;
  throw failureOf(file, 'this is no JSON from here on', place);
}

function failureOf(file: string, message: string, place = {}): LoadFailure {
  return new LoadFailure([
    { line: undefined, column: undefined, subject: undefined, ...place, file, message },
  ]);
}

function parseServer(name: string, server: unknown, notes: Notes): MountedServer | undefined {
  const path = `mcpServers.${NAME.test(name) ? name : JSON.stringify(name)}`;
  const fields = new Fields(isObject(server) ? server : {}, path, notes);
  if (!isObject(server)) return fields.refuse('', 'must be an object');
  if (fields.flag('disabled') === true) return undefined;
  if (!NAME.test(name)) return fields.refuse('', `must have a name that matches ${NAME.source}`);
  const kind = kindOf(fields);
  if (kind === undefined) return undefined;
  const place = kind === 'stdio' ? parseProgram(fields, notes) : parseAddress(fields);
  const prefix = fields.text('prefix') ?? `${name}_`;
  if (!PREFIX.test(prefix)) fields.refuse('prefix', `must match ${PREFIX.source}`);
  const tools = fields.texts('tools');
  return {
    name,
    prefix,
    tools: tools === undefined ? undefined : new Set(tools),
    scope: fields.text('scope'),
    timeoutMs: fields.wholeNumber('timeoutMs', TIMEOUT_MS_MAX),
    secrets: fields.secrets,
    given: fields.given,
    ...place,
  };
}

function kindOf(fields: Fields): MountedServer['kind'] | undefined {
  if (fields.has('command') === fields.has('url')) {
    return fields.refuse('', 'must have a command, or a url, and not both');
  }
  const kind = fields.has('command') ? 'stdio' : 'http';
  const type = fields.text('type') ?? kind;
  if (type === 'sse') {
    return fields.refuse('type', 'is "sse", which is no longer spoken: it needs Streamable HTTP');
  }
  const isRight = kind === 'stdio' ? type === 'stdio' : HTTP_TYPES.has(type);
  if (isRight) return kind;
  return fields.refuse('type', `must be "${kind}" beside what is there`);
}

type Place<Server extends MountedServer> = Pick<
  Server,
  Exclude<keyof Server, 'name' | 'prefix' | 'tools' | 'scope' | 'timeoutMs' | 'secrets' | 'given'>
>;

function parseProgram(fields: Fields, { file, environment }: Notes): Place<StdioServer> {
  const command = fields.text('command') ?? '';
  if (command === '') fields.refuse('command', 'must name a program');
  const inherited = INHERITED.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const folder = dirname(file);
  const cwd = fields.text('cwd');
  return {
    kind: 'stdio',
    command,
    args: fields.texts('args') ?? [],
    env: { ...Object.fromEntries(inherited), ...fields.record('env') },
    cwd: cwd === undefined ? folder : resolve(folder, cwd),
  };
}

function parseAddress(fields: Fields): Place<HttpServer> {
  const url = URL.parse(fields.text('url') ?? '');
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    fields.refuse('url', 'must be the address of a server, with http: or https:');
  } else if (url.username !== '' || url.password !== '') {
    fields.refuse('url', 'must hold no password: headers are for that');
  }
  const headers = fields.record('headers') ?? {};
  for (const [name, value] of Object.entries(headers)) {
    if (!isHeader(name, value))
      fields.refuse(`headers.${name}`, 'is nothing that a header can say');
  }
  return { kind: 'http', url: url?.href ?? '', headers };
}

function isHeader(name: string, value: string): boolean {
  try {
    return new Headers({ [name]: value }).has(name);
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}
