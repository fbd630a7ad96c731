/** Prototypes by their names. */
export type Named = readonly (readonly [name: string, prototype: object])[];

/** What every object has, and every array. */
export const COMMONEST: Named = [
  ['Object.prototype', Object.prototype],
  ['Array.prototype', Array.prototype],
];

/** What hardly any code goes without. */
export const COMMON: Named = [
  ...COMMONEST,
  ['Function.prototype', Function.prototype],
  ['Promise.prototype', Promise.prototype],
  ['String.prototype', String.prototype],
  ['Number.prototype', Number.prototype],
  ['RegExp.prototype', RegExp.prototype],
  ['Map.prototype', Map.prototype],
  ['Set.prototype', Set.prototype],
  ['Date.prototype', Date.prototype],
  ['Error.prototype', Error.prototype],
];

interface Known {
  readonly name: string;
  readonly prototype: object;
  readonly properties: Map<PropertyKey, PropertyDescriptor>;
}

/**
 * The prototypes that all code of this process shares, as they were when this was made, or renewed. What is added to them later shows up
 * in every loop over an object, whoever made it.
 */
export class Prototypes {
  readonly #watched: Named;
  #known: readonly Known[] = [];
  /** What loops over an array see. Nothing, unless a library added it before. */
  #visible = new Set<string>();

  constructor(watched: Named) {
    this.#watched = watched;
    this.renew();
  }

  /** What they are now belongs to them from now on. */
  renew(): void {
    this.#known = this.#watched.map(([name, prototype]) => ({
      name,
      prototype,
      properties: new Map(ownPropertiesOf(prototype)),
    }));
    this.#visible = new Set(visible());
  }

  /** Whether something was added that loops see. A look costs a few nanoseconds. */
  get isLittered(): boolean {
    // oxlint-disable-next-line guard-for-in, no-for-in-array -- what is inherited is what is looked for
    for (const key in []) if (!this.#visible.has(key)) return true;
    return false;
  }

  /**
   * Makes them what they were. Returns what was added, replaced or taken away, whether or not loops see it: `Array.prototype.map`.
   * What cannot be undone belongs to them from now on. A look costs a few microseconds.
   */
  restore(): readonly string[] {
    return this.#known.flatMap(({ name, prototype, properties }) => {
      const odd = [
        ...Reflect.ownKeys(prototype).filter((key) => !properties.has(key)),
        ...[...properties].flatMap(([key, was]) => (isAsItWas(prototype, key, was) ? [] : [key])),
      ];
      for (const key of odd) this.#restore(prototype, key, properties);
      return odd.map((key) => `${name}.${String(key)}`);
    });
  }

  #restore(
    prototype: object,
    key: PropertyKey,
    properties: Map<PropertyKey, PropertyDescriptor>,
  ): void {
    const was = properties.get(key);
    if (was === undefined) Reflect.deleteProperty(prototype, key);
    else Reflect.defineProperty(prototype, key, was);
    const is = Reflect.getOwnPropertyDescriptor(prototype, key);
    if (is === undefined) return;
    properties.set(key, is);
    if (typeof key === 'string' && is.enumerable === true) this.#visible.add(key);
  }
}

function ownPropertiesOf(object: object): [PropertyKey, PropertyDescriptor][] {
  return Reflect.ownKeys(object).flatMap((key) => {
    const descriptor = Reflect.getOwnPropertyDescriptor(object, key);
    return descriptor === undefined ? [] : [[key, descriptor]];
  });
}

function isAsItWas(object: object, key: PropertyKey, was: PropertyDescriptor): boolean {
  const is = Reflect.getOwnPropertyDescriptor(object, key);
  return is !== undefined && is.value === was.value && is.get === was.get && is.set === was.set;
}

function visible(): string[] {
  const keys: string[] = [];
  // oxlint-disable-next-line guard-for-in, no-for-in-array -- what is inherited is what is looked for
  for (const key in []) keys.push(key);
  return keys;
}
