import { setImmediate } from 'node:timers/promises';

import type { Product } from './products.ts';
import { createRandom, type Random } from './random.ts';

export const WAREHOUSES = ['Hamburg', 'Berlin', 'Dortmund', 'Nuremberg', 'Stuttgart'] as const;

const SEED = 7_041_999;
const TURN_PRODUCTS = 2_000;
/** How many of a hundred products are carried by 0, 1, 2 … 5 warehouses. */
const SPREAD_PERCENT = [3, 12, 20, 27, 22, 16] as const;
/** One shelf in so many is empty just now. */
const EMPTY_SHARE = 0.12;
const EMPTY_SHARE_DISCONTINUED = 0.6;

export interface StockRow {
  readonly productId: number;
  readonly warehouseId: number;
  readonly quantity: number;
}

type Stocked = Pick<Product, 'id' | 'priceCents' | 'discontinued'>;

/** What lies where: few of what is dear, many of what is cheap. */
export async function* createStock(products: readonly Stocked[]): AsyncGenerator<StockRow> {
  const random = createRandom(SEED);
  for (const [index, product] of products.entries()) {
    if (index % TURN_PRODUCTS === 0) await setImmediate();
    yield* stockOf(product, random);
  }
}

function* stockOf(product: Stocked, random: Random): Generator<StockRow> {
  const first = Math.floor(random() * WAREHOUSES.length);
  const spread = pickSpread(random() * 100);
  const usual = Math.min(600, 4 + 9_000 / (product.priceCents / 10 + 12));
  for (let step = 0; step < spread; step += 1) {
    const warehouseId = ((first + step) % WAREHOUSES.length) + 1;
    const isEmpty = random() < (product.discontinued ? EMPTY_SHARE_DISCONTINUED : EMPTY_SHARE);
    const quantity = isEmpty ? 0 : Math.max(1, Math.round(usual * (0.15 + 1.9 * random() ** 2)));
    yield { productId: product.id, warehouseId, quantity };
  }
}

function pickSpread(percent: number): number {
  let sum = 0;
  for (const [spread, share] of SPREAD_PERCENT.entries()) {
    sum += share;
    if (percent < sum) return spread;
  }
  return SPREAD_PERCENT.length - 1;
}
