/** What JSON can say. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json };

/** A value as JSON, each text in it rewritten. What JSON cannot say becomes null, and is not left out. */
export function jsonOf(value: unknown, rewrite: (text: string) => string): Json {
  if (typeof value === 'string') return rewrite(value);
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (Array.isArray(value)) return value.map((item) => jsonOf(item, rewrite));
  if (typeof value !== 'object' || value === null) return null;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, jsonOf(field, rewrite)]),
  );
}
