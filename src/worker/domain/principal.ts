/** Who calls: the outcome of authentication, the same for every transport. */
export interface Principal {
  /** Of all that can be shown for one and the same caller: keys of one name, tokens of one subject. */
  readonly id: string;
  /** What it may do: the scopes it holds, or everything. */
  readonly scopes: ReadonlySet<string> | 'all';
  /** Scopes that are no secret, and that it can come back with. Nothing, if it cannot come by any. */
  readonly obtainable?: ReadonlySet<string>;
  /** The address that it calls from, where that is known. */
  readonly address?: string;
}

/** Who everybody is where nobody has to say who they are (`MCP_AUTH=none`). */
export const ANONYMOUS: Principal = { id: 'anonymous', scopes: 'all' };

/** One that can be changed without changing this. */
export function copyOf(principal: Principal): Principal {
  const { scopes } = principal;
  return scopes === 'all' ? { ...principal } : { ...principal, scopes: new Set(scopes) };
}

/** Whether it may do what asks for that scope. What asks for none is open to all. */
export function holdsScope({ scopes }: Principal, scope: string | undefined): boolean {
  return scope === undefined || scopes === 'all' || scopes.has(scope);
}

/** All of a principal that what it is told may depend on, as a text: who it is, and what it may do. */
export function identityOf({ id, scopes }: Principal): string {
  return JSON.stringify([id, scopes === 'all' ? scopes : [...scopes].toSorted()]);
}
