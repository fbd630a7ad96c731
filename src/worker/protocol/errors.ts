import { JSONRPCErrorException } from 'json-rpc-2.0';

/**
 * The codes we send: JSON-RPC's own, MCP's (2026-07-28, schema; 2025-11-25, schema), and those of this
 * application, which have HTTP's numbers and meanings.
 */
export const RpcCode = {
  ParseError: -32700,
  InvalidRequest: -32600,
  MethodNotFound: -32601,
  InvalidParams: -32602,
  InternalError: -32603,
  /** Legacy era only. The modern one has `InvalidParams`. */
  ResourceNotFound: -32002,
  /** Modern era, over HTTP: a header does not say what the body says. */
  HeaderMismatch: -32020,
  /** Modern era. `data.requiredCapabilities` says what the client would have to declare. */
  MissingCapability: -32021,
  /** Modern era. `data` has what we support, and what was asked for. */
  UnsupportedVersion: -32022,
  Unauthorized: 401,
  Forbidden: 403,
  Conflict: 409,
  Quarantined: 422,
  Limited: 429,
  Unavailable: 503,
  Timeout: 504,
} as const;

const INSUFFICIENT_SCOPE = 'insufficient_scope';

/** An error that crosses the wire, message and data as they stand. Anything else is sent as an internal error. */
export class RpcError extends JSONRPCErrorException {
  override readonly name = 'RpcError';

  constructor(code: number, message: string, data?: object) {
    super(message, code, data);
    // The library resets the prototype to its own class.
    Object.setPrototypeOf(this, RpcError.prototype);
  }
}

/** What an error says of whom it takes more of than was shown (RFC 6750 §3.1, in the words of 2026-07-28, authorization). */
export function insufficient(scopes: readonly string[]): object {
  return { reason: INSUFFICIENT_SCOPE, scopes };
}

/** The scopes that an error asks for, if it is of this kind. */
export function scopesAskedFor({
  code,
  data,
}: {
  code: number;
  data?: unknown;
}): readonly string[] | undefined {
  if (code !== RpcCode.Forbidden || typeof data !== 'object' || data === null) return undefined;
  if (!('reason' in data) || data.reason !== INSUFFICIENT_SCOPE || !('scopes' in data))
    return undefined;
  return Array.isArray(data.scopes) ? data.scopes.map(String) : undefined;
}
