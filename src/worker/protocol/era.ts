import { isLogLevel, type LogLevel } from '../domain/log-level.ts';
import { RpcCode, RpcError } from './errors.ts';
import { isRecord, type Params, type Single } from './frame.ts';
import { findModern, MODERN_REVISIONS, type ModernRevision } from './revisions.ts';

const PREFIX = 'io.modelcontextprotocol/';
/** The fields of `_meta` that make a request a modern one (2026-07-28, basic, `_meta`). */
export const MetaKey = {
  protocolVersion: `${PREFIX}protocolVersion`,
  clientCapabilities: `${PREFIX}clientCapabilities`,
  clientInfo: `${PREFIX}clientInfo`,
  logLevel: `${PREFIX}logLevel`,
  serverInfo: `${PREFIX}serverInfo`,
  subscriptionId: `${PREFIX}subscriptionId`,
} as const;

/** A program, as it calls itself. */
export interface Implementation {
  readonly name: string;
  readonly version: string;
}

/** What a modern request says of the one who sends it. */
export interface Envelope {
  readonly revision: ModernRevision;
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly client: Implementation | undefined;
  readonly logLevel: LogLevel | undefined;
}

/** Longer names and versions are cut off. */
const NAME_LENGTH_MAX = 200;

/** What a request claims of its revision, valid or not: whether it is of the modern era. */
export function claimOf({ _meta: meta }: Params): unknown {
  return isRecord(meta) ? meta[MetaKey.protocolVersion] : undefined;
}

/** Whether a message is a request that claims to be of the modern era. */
export function isModernRequest(message: Single): boolean {
  return message.kind === 'request' && claimOf(message.request.params) !== undefined;
}

/** Reads what a request of the modern era has to say. Throws an `RpcError` where it does not. */
export function parseEnvelope({ _meta: meta }: Params): Envelope {
  if (!isRecord(meta)) throw invalid(`_meta must hold ${MetaKey.protocolVersion}`);
  const requested = meta[MetaKey.protocolVersion];
  if (typeof requested !== 'string') {
    throw invalid(`_meta.${MetaKey.protocolVersion} must be a string`);
  }
  const capabilities = meta[MetaKey.clientCapabilities];
  if (!isRecord(capabilities)) {
    throw invalid(`_meta.${MetaKey.clientCapabilities} must be an object`);
  }
  const client = meta[MetaKey.clientInfo];
  if (client !== undefined && findImplementation(client) === undefined) {
    throw invalid(`_meta.${MetaKey.clientInfo} must be an object with a name and a version`);
  }
  const logLevel = meta[MetaKey.logLevel];
  if (logLevel !== undefined && !isLogLevel(logLevel)) {
    throw invalid(`_meta.${MetaKey.logLevel} is no level`);
  }
  const revision = findModern(requested);
  if (revision === undefined) throw unsupported(requested);
  return { revision, capabilities, client: findImplementation(client), logLevel };
}

/** A program's name and version, of bounded length; nothing if that is not what it is. */
export function findImplementation(value: unknown): Implementation | undefined {
  if (!isRecord(value)) return undefined;
  const { name, version } = value;
  if (typeof name !== 'string' || typeof version !== 'string') return undefined;
  return { name: name.slice(0, NAME_LENGTH_MAX), version: version.slice(0, NAME_LENGTH_MAX) };
}

/** Only modern revisions are named: the others are found out by a handshake. */
function unsupported(requested: string): RpcError {
  return new RpcError(RpcCode.UnsupportedVersion, 'Unsupported protocol version', {
    supported: MODERN_REVISIONS,
    requested,
  });
}

function invalid(text: string): RpcError {
  return new RpcError(RpcCode.InvalidParams, text);
}
