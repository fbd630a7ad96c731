/** Says whether a value from outside is what it should be. */
export type Guard<Value> = (value: unknown) => value is Value;

/** The type that a guard lets through. */
export type Guarded<G> = G extends Guard<infer Value> ? Value : never;

/** An object as a guard for each of its fields. */
export type Shape = Readonly<Record<string, Guard<unknown>>>;

/** The type of an object of that shape. */
export type Shaped<S extends Shape> = { readonly [Field in keyof S]: Guarded<S[Field]> };

/** Any text. */
export const isString: Guard<string> = (value) => typeof value === 'string';

/** True or false. */
export const isBoolean: Guard<boolean> = (value) => typeof value === 'boolean';

/** A number that can be counted with: neither NaN nor infinite, which JSON cannot say. */
export const isNumber: Guard<number> = (value): value is number => Number.isFinite(value);

/** Anything with fields: a list, too. */
export const isObject: Guard<object> = (value): value is object =>
  typeof value === 'object' && value !== null;

/** A moment as Postgres tells it. */
export const isDate: Guard<Date> = (value) => value instanceof Date;

/** What may be left out. */
export function isOptional<Value>(guard: Guard<Value>): Guard<Value | undefined> {
  return (value): value is Value | undefined => value === undefined || guard(value);
}

/** What may be unknown, and then says so. */
export function isNullable<Value>(guard: Guard<Value>): Guard<Value | null> {
  return (value): value is Value | null => value === null || guard(value);
}

/** A moment as RFC 3339 writes it, such as `2026-11-22T11:30:00.000Z`. */
export const isTime: Guard<string> = (value): value is string =>
  isString(value) && Number.isFinite(Date.parse(value));

/** One of a few words. */
export function isOneOf<const Word extends string>(words: readonly Word[]): Guard<Word> {
  return (value): value is Word => words.some((word) => word === value);
}

/** A list whose entries are all of one kind. */
export function isListOf<Value>(guard: Guard<Value>): Guard<readonly Value[]> {
  return (value): value is readonly Value[] => Array.isArray(value) && value.every(guard);
}

/** An object whose values are all of one kind, under whatever names. */
export function isRecordOf<Value>(guard: Guard<Value>): Guard<Readonly<Record<string, Value>>> {
  return (value): value is Readonly<Record<string, Value>> =>
    typeof value === 'object' && value !== null && Object.values(value).every(guard);
}

/** An object with the fields of a shape, at least. */
export function isShaped<S extends Shape>(shape: S): Guard<Shaped<S>> {
  const fields = Object.entries(shape);
  return (value): value is Shaped<S> => {
    if (typeof value !== 'object' || value === null) return false;
    const given: Readonly<Record<string, unknown>> = { ...value };
    return fields.every(([name, guard]) => guard(given[name]));
  };
}
