/** What entries are about: a call, a refusal, or what an operator did. */
export const AUDIT_KINDS = ['call', 'refusal', 'administration'] as const;
/** One of the kinds above. */
export type AuditKind = (typeof AUDIT_KINDS)[number];

/** What is written down: that somebody called something, was turned down, or changed something as an operator. */
export interface AuditEntry {
  readonly kind: AuditKind;
  /** The principal. Nothing, where nobody showed who it was. */
  readonly who: string | undefined;
  /** The address that it came from, where it is known. */
  readonly address: string | undefined;
  /** A method (`tools/call`), a step (`authenticate`, `upgrade`) or an order (`token create`, `reload`). */
  readonly action: string;
  /** Of what: a tool, a URI, the id of a key or a session. Never a secret. */
  readonly subject: string | undefined;
  /** SHA-256 of the arguments, in hexadecimal. They themselves are kept nowhere. */
  readonly argumentsHash: string | undefined;
  /** `ok`, `tool_error`, or the code of the failure. */
  readonly outcome: string;
  readonly durationMs: number | undefined;
}

/** Keeps who did what. It must neither throw nor wait: what cannot be kept is counted as lost. */
export interface Audit {
  /** `at` is when it was, in milliseconds since 1970: now, if it is left out. */
  record(entry: AuditEntry, at?: number): void;
}

/** Keeps every entry in both, as of the same moment. */
export function keepInBoth(one: Audit, other: Audit): Audit {
  return {
    record(entry, at = Date.now()) {
      one.record(entry, at);
      other.record(entry, at);
    },
  };
}
