/** What an operator did, or was refused, as it goes into the audit. Who it was nobody knows: all show the same token. */
export interface AdministrativeEntry {
  readonly kind: 'administration' | 'refusal';
  readonly address: string | undefined;
  /** An order (`reload`), or `authenticate`. */
  readonly action: string;
  /** Of what: a slot, a number of workers, a fingerprint, a path. */
  readonly subject: string | undefined;
  /** `ok`, or why nothing was done. */
  readonly outcome: string;
}
