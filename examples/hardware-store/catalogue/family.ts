import { BRANDS, type Brand } from './brands.ts';

/** Names, or names with the factor by which they change the price. */
type Axis = readonly (string | number)[] | Readonly<Record<string, number>>;
type Axes = Readonly<Record<string, Axis>>;
type ValueOf<A extends Axis> = A extends readonly (infer Value)[]
  ? Value
  : Extract<keyof A, string>;
type Variant<A extends Axes> = { readonly [Name in keyof A]: ValueOf<A[Name]> };
type Attributes = Readonly<Record<string, string | number>>;

export type Unit = 'piece' | 'pack' | 'set' | 'pair' | 'roll' | 'bag' | 'tin' | 'box' | 'sheet';

/** How a family of products is written down: what they share, and the axes along which they differ. */
interface FamilyDefinition<A extends Axes> {
  readonly category: string;
  readonly unit: Unit;
  readonly brands: readonly Brand[];
  /** Named as the product's attributes are, with the unit last. Every one of them must show in `name`. */
  readonly axes: A;
  /** Which of the combinations are made at all. */
  readonly where?: (variant: Variant<A>) => boolean;
  readonly name: (variant: Variant<A>) => string;
  readonly description: (variant: Variant<A>) => string;
  /** One of these ends the description. */
  readonly uses: readonly string[];
  /** Attributes that are no axes, or say more than the axis of the same name. */
  readonly attributes?: (variant: Variant<A>) => Attributes;
  /** Before the factors of axes and brand, and before it is made to look like a shop's price. */
  readonly euros: (variant: Variant<A>) => number;
  readonly grams: (variant: Variant<A>) => number;
}

export interface Family {
  readonly category: string;
  readonly unit: Unit;
  readonly uses: readonly string[];
  /** All there is in this family, always in the same order. */
  readonly designs: () => readonly Design[];
}

/** One variant of one brand. What it costs to write out is paid when it is asked for. */
export interface Design {
  readonly brand: Brand;
  readonly write: () => Draft;
}

interface Draft {
  readonly name: string;
  readonly description: string;
  readonly attributes: Attributes;
  readonly euros: number;
  readonly grams: number;
}

export interface Department {
  readonly name: string;
  /** What its SKUs begin with: two letters, no other department's. */
  readonly prefix: string;
  readonly families: readonly Family[];
}

export function family<const A extends Axes>(definition: FamilyDefinition<A>): Family {
  const { category, unit, uses, axes, brands, where } = definition;
  function write(variant: Variant<A>, brand: Brand): Draft {
    return {
      name: definition.name(variant),
      description: definition.description(variant),
      attributes: nameAttributes({ ...variant, ...definition.attributes?.(variant) }),
      euros: definition.euros(variant) * factorOf(axes, variant) * BRANDS[brand],
      grams: definition.grams(variant),
    };
  }
  return {
    category,
    unit,
    uses,
    designs: () =>
      combine(axes)
        .filter((variant) => where?.(variant) ?? true)
        .flatMap((variant) =>
          brands.map((brand) => ({ brand, write: () => write(variant, brand) })),
        ),
  };
}

/** Every combination of one value from each axis. The first signature says what the second cannot: which key holds what. */
function combine<A extends Axes>(axes: A): Variant<A>[];
function combine(axes: Axes): Attributes[] {
  let combinations: Attributes[] = [{}];
  for (const [name, axis] of Object.entries(axes)) {
    const values = Array.isArray(axis) ? axis : Object.keys(axis);
    combinations = combinations.flatMap((one) =>
      values.map((value) => ({ ...one, [name]: value })),
    );
  }
  return combinations;
}

function factorOf(axes: Axes, variant: Attributes): number {
  let factor = 1;
  for (const [name, axis] of Object.entries(axes)) {
    if (!isPlain(axis)) factor *= axis[String(variant[name])] ?? 1;
  }
  return factor;
}

function isPlain(axis: Axis): axis is readonly (string | number)[] {
  return Array.isArray(axis);
}

/** `lengthMm` is code; `length_mm` is what the catalogue shows. */
function nameAttributes(attributes: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
}
