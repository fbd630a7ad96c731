import { isIPv6 } from 'node:net';

import { findAdminRecord, findAdminToken } from '../shared/admin-files.ts';
import { findStateFolder } from '../shared/config.ts';
import { Failure } from '../shared/errors.ts';
import { isLoopback } from '../shared/loopback.ts';
import { readSecret } from '../shared/secret-file.ts';

/** Where to ask, and what to show there. */
export interface Admin {
  readonly url: URL;
  readonly token: string | undefined;
}

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 9090;
/** Addresses that mean all of them are none to connect to. */
const REACHABLE: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/**
 * Finds the operators' endpoint: at the address given, else where the variables say, else where a
 * supervisor wrote that it listens. Throws a `Failure` if one of these makes no sense.
 */
export function findAdmin(
  address: string | undefined,
  env: NodeJS.ProcessEnv,
  workingFolder: string,
): Admin {
  const folder = findStateFolder(env, workingFolder);
  const url = address === undefined ? urlOf(env, folder) : parseUrl(address);
  // What lies in a folder of this machine is for this machine: a stranger's address must not get it.
  const isOurs = address === undefined || isLoopback(url.hostname.replace(/^\[(.*)\]$/, '$1'));
  const kept = folder === undefined || !isOurs ? undefined : findAdminToken(folder);
  return { url, token: readSecret(env, 'MCP_ADMIN_TOKEN') ?? kept };
}

function urlOf(env: NodeJS.ProcessEnv, folder: string | undefined): URL {
  const port = parsePort(env.MCP_ADMIN_PORT || undefined);
  const host = env.MCP_ADMIN_HOST || undefined;
  // A port of 0 is another one each time: the supervisor wrote down which.
  const isTold = port !== 0 && (host !== undefined || port !== undefined);
  const record = isTold || folder === undefined ? undefined : findAdminRecord(folder);
  const { host: found, port: at } = record ?? {
    host: host ?? DEFAULT_HOST,
    port: port || DEFAULT_PORT,
  };
  const reachable = REACHABLE[found] ?? found;
  return parseUrl(`http://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${at}`);
}

function parsePort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new Failure('invalid', `MCP_ADMIN_PORT is no port: ${text}`);
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url !== null && ['http:', 'https:'].includes(url.protocol)) return url;
  throw new Failure('invalid', `This is no address: ${text}. One looks like http://127.0.0.1:9090`);
}
