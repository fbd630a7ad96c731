/** Whatever runs a statement. */
interface Client {
  query(text: string, values: readonly unknown[]): Promise<unknown>;
}

/** What somebody did who administers. */
export interface Administered {
  /** Such as `token revoke`. */
  readonly action: string;
  /** Of what: an id, and never a secret. */
  readonly subject: string | undefined;
  /** Nothing for whoever has the database anyway. */
  readonly who?: string;
}

/** Writes down what was done, to be called in the transaction in which it is: both are kept, or neither. */
export async function recordAdministration(
  client: Client,
  { action, subject, who }: Administered,
): Promise<void> {
  await client.query(
    `insert into holdfast.audit (at, kind, who, action, subject, outcome)
    values (now(), 'administration', $1, $2, $3, 'ok')`,
    [who ?? null, action, subject ?? null],
  );
}
