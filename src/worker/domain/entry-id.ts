const UINT64_MAX = 2n ** 64n - 1n;

/** Whether an entry comes after another of the same log. */
export function isAfter(id: string, other: string): boolean {
  const [a, b] = [parseEntryId(id), parseEntryId(other)];
  if (a === undefined || b === undefined) return false;
  return a.ms === b.ms ? a.sequence > b.sequence : a.ms > b.ms;
}

/** An id as our logs have them: a time, and a number among those of the same time. Nothing, if it is none. */
export function parseEntryId(
  id: string,
): { readonly ms: bigint; readonly sequence: bigint } | undefined {
  const [, ...parts] = /^(\d{1,20})-(\d{1,20})$/.exec(id) ?? [];
  const [ms, sequence] = parts.map(BigInt);
  if (ms === undefined || sequence === undefined) return undefined;
  return ms > UINT64_MAX || sequence > UINT64_MAX ? undefined : { ms, sequence };
}
