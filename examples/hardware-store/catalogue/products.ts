import { setImmediate } from 'node:timers/promises';

import { BUILDING_MATERIALS } from './departments/building-materials.ts';
import { ELECTRICAL } from './departments/electrical.ts';
import { FASTENERS } from './departments/fasteners.ts';
import { FIXINGS } from './departments/fixings.ts';
import { FLOORING } from './departments/flooring.ts';
import { GARDEN } from './departments/garden.ts';
import { HAND_TOOLS } from './departments/hand-tools.ts';
import { HEATING } from './departments/heating.ts';
import { IRONMONGERY } from './departments/ironmongery.ts';
import { LIGHTING } from './departments/lighting.ts';
import { PAINT } from './departments/paint.ts';
import { PLUMBING } from './departments/plumbing.ts';
import { POWER_TOOLS } from './departments/power-tools.ts';
import { TIMBER } from './departments/timber.ts';
import { TOOL_ACCESSORIES } from './departments/tool-accessories.ts';
import { WORKWEAR } from './departments/workwear.ts';
import type { Department, Design, Family, Unit } from './family.ts';
import { shopPriceCents } from './price.ts';
import { createRandom, type Random } from './random.ts';

export const PRODUCTS_TOTAL = 100_000;
export const DEPARTMENTS: readonly Department[] = [
  FASTENERS,
  FIXINGS,
  HAND_TOOLS,
  POWER_TOOLS,
  TOOL_ACCESSORIES,
  PAINT,
  ELECTRICAL,
  LIGHTING,
  PLUMBING,
  HEATING,
  TIMBER,
  BUILDING_MATERIALS,
  FLOORING,
  GARDEN,
  WORKWEAR,
  IRONMONGERY,
];

const SEED = 20_260_401;
/** So often the event loop gets its turn: the worker's heartbeat has to go on. */
const TURN_PRODUCTS = 1_000;
/** One product in so many is being sold off. */
const DISCONTINUED_SHARE = 0.03;

export interface Product {
  readonly id: number;
  readonly sku: string;
  readonly name: string;
  readonly brand: string;
  readonly department: string;
  readonly category: string;
  readonly description: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly priceCents: number;
  readonly unit: Unit;
  readonly weightGrams: number;
  readonly discontinued: boolean;
}

interface Offer {
  readonly department: Department;
  readonly family: Family;
  readonly design: Design;
}

/** The catalogue: the same 100,000 products in the same order on every machine. */
export async function* createProducts(): AsyncGenerator<Product> {
  const random = createRandom(SEED);
  const offers = choose(listOffers(), PRODUCTS_TOTAL, random);
  for (const [index, offer] of offers.entries()) {
    if (index % TURN_PRODUCTS === 0) await setImmediate();
    yield createProduct(offer, index + 1, random);
  }
}

function listOffers(): Offer[] {
  return DEPARTMENTS.flatMap((department) =>
    department.families.flatMap((family) =>
      family.designs().map((design): Offer => ({ department, family, design })),
    ),
  );
}

/**
 * Takes `count` of the offers, each as likely as the next, in an order that has nothing to do with
 * their families. So the first matches that `search_products` looks at are a fair sample of all.
 */
function choose(offers: Offer[], count: number, random: Random): Offer[] {
  const chosen: Offer[] = [];
  for (let index = 0; index < count; index += 1) {
    const other = index + Math.floor(random() * (offers.length - index));
    const offer = offers[other];
    const displaced = offers[index];
    if (offer === undefined || displaced === undefined) {
      throw new Error(`The families make ${offers.length} products, and ${count} are wanted`);
    }
    offers[other] = displaced;
    chosen.push(offer);
  }
  return chosen;
}

function createProduct({ department, family, design }: Offer, id: number, random: Random): Product {
  const { name, description, attributes, euros, grams } = design.write();
  const use = family.uses[Math.floor(random() * family.uses.length)] ?? '';
  return {
    id,
    sku: `${department.prefix}-${skuNumber(id)}`,
    name,
    brand: design.brand,
    department: department.name,
    category: family.category,
    description: `${description} ${use}`,
    attributes,
    priceCents: shopPriceCents(euros),
    unit: attributes['pack'] === 1 ? 'piece' : family.unit,
    weightGrams: Math.max(1, Math.round(grams)),
    discontinued: random() < DISCONTINUED_SHARE,
  };
}

/** Six digits that look like nothing and never repeat: the factor and the range have no divisor in common. */
function skuNumber(id: number): number {
  return 100_000 + ((id * 618_031) % 900_000);
}
