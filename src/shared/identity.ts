import { bool, type CleanedEnv, str, type ValidatorSpec } from 'envalid';

import {
  algorithms,
  issuers,
  list,
  milliseconds,
  networks,
  origins,
  publicUrl,
} from './validators.ts';

/** Who is let in, and how that is found out, from the configuration. What each is for, its variable says. */
export interface Identity {
  /** Whether agents must say who they are. */
  readonly required: boolean;
  readonly bootstrapTokenFile: string | undefined;
  readonly subprotocolAuth: boolean;
  /** Where agents find us, such as `https://mcp.example`, without a slash at the end. Absent: at the address we listen on. */
  readonly publicUrl: string | undefined;
  /** Absent: no tokens of issuers are taken. */
  readonly jwt: JwtIdentity | undefined;
  readonly origins: readonly string[];
  /** Addresses and networks (CIDR) of proxies whose word on who asks is taken. */
  readonly trustedProxies: readonly string[];
}

/** Tokens that others issue. */
export interface JwtIdentity {
  readonly issuers: readonly string[];
  /** One of these has to be in a token. Never empty. */
  readonly audiences: readonly string[];
  readonly algorithms: readonly string[];
  readonly leewayMs: number;
  readonly cooldownMs: number;
  /** Scopes that we tell everybody of, so that a client can ask for them. */
  readonly scopes: readonly string[];
}

/** The variables that say who is let in. */
export const IDENTITY_VARIABLES = {
  MCP_AUTH: str({
    choices: ['required', 'none'],
    default: undefined,
    desc: 'Whether agents must say who they are. `none` is for a loopback `MCP_HOST` only, and there the default outside production; else `required`',
  }),
  MCP_BOOTSTRAP_TOKEN_FILE: str({
    default: undefined,
    desc: 'A file with the first API key, which may do everything. It is taken while there is no key yet. If there is no such file, one is written',
  }),
  MCP_SUBPROTOCOL_AUTH: bool({
    default: false,
    desc: 'Whether a page may show its key as a subprotocol, `mcp.auth.<key>`, for it cannot set headers. Proxies may log it: a ticket is better',
  }),
  MCP_PUBLIC_URL: publicUrl({
    default: undefined,
    desc: 'Where agents find us, such as `https://mcp.example`: what tokens are issued for is this with `/mcp`. The address we listen on, if not given',
  }),
  MCP_JWT_ISSUERS: issuers({
    default: [],
    desc: 'Authorization servers whose JSON Web Tokens are taken, such as `https://login.example`. Their keys are found by their metadata (RFC 8414, or OpenID Connect)',
  }),
  MCP_JWT_AUDIENCE: list({
    default: [],
    desc: 'What tokens have to be issued for (`aud`). `MCP_PUBLIC_URL` with `/mcp`; one of both is required with `MCP_JWT_ISSUERS`',
  }),
  MCP_JWT_ALGORITHMS: algorithms({
    default: ['RS256', 'PS256', 'ES256', 'EdDSA'],
    desc: 'Algorithms that tokens may be signed with. Only those with a public key can be named',
  }),
  MCP_JWT_SCOPES: list({
    default: [],
    desc: 'Scopes that are published, so that clients can ask for them. Who holds a token without one of them is told so; what needs any other scope is hidden',
  }),
  MCP_JWT_LEEWAY_MS: milliseconds({
    default: 30_000,
    desc: 'How far clocks may be apart when a token begins and ends',
  }),
  MCP_JWT_COOLDOWN_MS: milliseconds({
    default: 30_000,
    desc: 'How long after keys were fetched an unknown one does not make us fetch them again',
  }),
  MCP_ORIGINS: origins({
    default: [],
    desc: 'Origins of web pages that may connect, such as `https://app.example`. Pages from loopback always may outside production',
  }),
  MCP_TRUSTED_PROXIES: networks({
    default: [],
    desc: 'Addresses and networks of proxies, such as `10.0.0.0/8`. What they say in `X-Forwarded-For` is who asks',
  }),
} satisfies Readonly<Record<string, ValidatorSpec<unknown>>>;

/** Reads who is let in. What is missing is put in `faults`. */
export function identityOf(
  variables: CleanedEnv<typeof IDENTITY_VARIABLES>,
  required: boolean,
  faults: string[],
): Identity {
  return {
    required,
    bootstrapTokenFile: variables.MCP_BOOTSTRAP_TOKEN_FILE,
    subprotocolAuth: variables.MCP_SUBPROTOCOL_AUTH,
    publicUrl: variables.MCP_PUBLIC_URL,
    jwt: jwtOf(variables, faults),
    origins: variables.MCP_ORIGINS,
    trustedProxies: variables.MCP_TRUSTED_PROXIES,
  };
}

function jwtOf(
  variables: CleanedEnv<typeof IDENTITY_VARIABLES>,
  faults: string[],
): JwtIdentity | undefined {
  const { MCP_JWT_AUDIENCE: named, MCP_PUBLIC_URL: address } = variables;
  // One that is wrong is left out.
  const given: readonly string[] | undefined = variables.MCP_JWT_ISSUERS;
  if (given === undefined || given.length === 0) return undefined;
  const ours = address === undefined ? [] : [`${address}/mcp`];
  const audiences = named.length > 0 ? named : ours;
  if (audiences.length === 0) {
    faults.push('MCP_JWT_AUDIENCE: is required with MCP_JWT_ISSUERS, or MCP_PUBLIC_URL');
  }
  return {
    issuers: given,
    audiences,
    algorithms: variables.MCP_JWT_ALGORITHMS,
    leewayMs: variables.MCP_JWT_LEEWAY_MS,
    cooldownMs: variables.MCP_JWT_COOLDOWN_MS,
    scopes: variables.MCP_JWT_SCOPES,
  };
}
