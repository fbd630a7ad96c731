import type { JwtIdentity } from '../../shared/identity.ts';

/** Where clients look for the metadata: for the resource at `/mcp`, and for all of the host (RFC 9728, 3.1). */
export const METADATA_PATHS = [
  '/.well-known/oauth-protected-resource/mcp',
  '/.well-known/oauth-protected-resource',
] as const;

/** Metadata of a protected resource (RFC 9728, 2). */
interface ProtectedResourceMetadata {
  /** What tokens have to be asked for (RFC 8707). */
  readonly resource: string;
  readonly authorization_servers: readonly string[];
  /** Absent, where no scope is published. */
  readonly scopes_supported?: readonly string[];
  readonly bearer_methods_supported: readonly ['header'];
  readonly resource_name: string;
}

/** What clients are told of how to come by a token. */
export interface ProtectedResource {
  /** Answered at each of `METADATA_PATHS`. */
  readonly metadata: ProtectedResourceMetadata;
  readonly metadataUrl: string;
}

export interface ProtectedResourceOptions {
  /** Where agents find us, without a slash at the end. Never what a request says (its `Host`). */
  readonly publicUrl: string;
  readonly jwt: JwtIdentity | undefined;
}

/** What is published. Nothing, where no tokens of issuers are taken: clients would ask for some. */
export function protectedResourceOf({
  publicUrl,
  jwt,
}: ProtectedResourceOptions): ProtectedResource | undefined {
  if (jwt === undefined) return undefined;
  const scopes = jwt.scopes.filter(isScope);
  return {
    metadataUrl: `${publicUrl}${METADATA_PATHS[0]}`,
    metadata: {
      resource: `${publicUrl}/mcp`,
      authorization_servers: jwt.issuers,
      ...(scopes.length === 0 ? {} : { scopes_supported: scopes }),
      bearer_methods_supported: ['header'],
      resource_name: 'Holdfast',
    },
  };
}

export interface ChallengeOptions {
  /** What is published, if anything is. */
  readonly resource: ProtectedResource | undefined;
  /** What was refused: nothing was shown, a key of ours, or a token of an issuer. */
  readonly shown: 'nothing' | 'key' | 'token';
}

/**
 * What goes into `WWW-Authenticate` with 401 (RFC 6750, 3). Who showed a key is not told of issuers: its program would leave the key that
 * a person gave it, and begin to log in.
 */
export function challengeOf({ resource, shown }: ChallengeOptions): string {
  const where = shown === 'key' ? [] : metadataParameters(resource);
  const scope = where.length === 0 ? [] : scopeParameter(resource?.metadata.scopes_supported ?? []);
  return bearer([...where, ...scope, ...(shown === 'nothing' ? [] : REFUSED)]);
}

export interface StepUpOptions {
  readonly resource: ProtectedResource | undefined;
  /** All scopes that what was asked for needs, those that the token holds among them. */
  readonly needed: readonly string[];
}

/**
 * What goes into `WWW-Authenticate` with 403, for a token that lacks scopes. It names what this operation needs, all at once, and
 * none that were granted for others: clients add those up themselves (MCP 2026-07-28, authorization: scope challenge handling).
 */
export function stepUpOf({ resource, needed }: StepUpOptions): string {
  return bearer([...INSUFFICIENT, ...scopeParameter(needed), ...metadataParameters(resource)]);
}

const REFUSED = [
  parameter('error', 'invalid_token'),
  parameter('error_description', 'It is not valid here, or not any more'),
];
const INSUFFICIENT = [
  parameter('error', 'insufficient_scope'),
  parameter('error_description', 'This needs more than the token was given'),
];

function bearer(parameters: readonly string[]): string {
  return ['Bearer', parameters.join(', ')].join(' ').trimEnd();
}

function metadataParameters(resource: ProtectedResource | undefined): readonly string[] {
  return resource === undefined ? [] : [parameter('resource_metadata', resource.metadataUrl)];
}

function scopeParameter(scopes: readonly string[]): readonly string[] {
  const known = [...new Set(scopes.filter(isScope))];
  return known.length === 0 ? [] : [parameter('scope', known.join(' '))];
}

/** Whether a scope can be said at all (RFC 6749, 3.3). One that cannot is in no token, and would end the quotes around it. */
function isScope(text: string): boolean {
  return /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(text);
}

/** Between the quotes stands nothing that would need a backslash: not all programs read those (RFC 6750, 3). */
function parameter(name: string, value: string): string {
  return `${name}="${value.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '')}"`;
}
