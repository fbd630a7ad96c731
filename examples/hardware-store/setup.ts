import type { CopyRow, SetupContext } from 'mcp-holdfast';

import { createProducts, DEPARTMENTS, PRODUCTS_TOTAL, type Product } from './catalogue/products.ts';
import { createStock, WAREHOUSES } from './catalogue/stock.ts';

const PROGRESS_PRODUCTS = 2_000;
const PRODUCT_COLUMNS = [
  'id',
  'sku',
  'name',
  'brand',
  'department',
  'category',
  'description',
  'attributes',
  'price_cents',
  'unit',
  'weight_grams',
  'discontinued',
] as const;

type Stocked = Pick<Product, 'id' | 'priceCents' | 'discontinued'>;

/** Fills the catalogue unless it is filled already: all of it, or, if we end halfway, none of it. */
export async function setup({ db, log, progress }: SetupContext): Promise<void> {
  const [first] = await db.query('select id from products limit 1');
  if (first !== undefined) return;
  await db.transaction(async (transaction) => {
    const stocked: Stocked[] = [];
    await transaction.copy('products', PRODUCT_COLUMNS, productRows(stocked, progress));
    await transaction.copy('categories', ['department', 'name'], categoryRows());
    await transaction.copy('warehouses', ['id', 'city'], warehouseRows());
    await transaction.copy('stock', ['product_id', 'warehouse_id', 'quantity'], stockRows(stocked));
    // Here rather than in the migration, which takes half as long again (7.7 s to 5.4 s, two cores).
    await transaction.query(
      `alter table stock
        add primary key (product_id, warehouse_id),
        add foreign key (product_id) references products,
        add foreign key (warehouse_id) references warehouses`,
    );
    await transaction.query(
      'alter table products add foreign key (department, category) references categories',
    );
    await transaction.query('create index products_search on products using gin (search)');
    await transaction.query('analyze categories, products, warehouses, stock');
  });
  log.info('catalogue loaded', { products: PRODUCTS_TOTAL });
}

async function* productRows(
  stocked: Stocked[],
  progress: SetupContext['progress'],
): AsyncGenerator<CopyRow> {
  for await (const product of createProducts()) {
    const { id, priceCents, discontinued } = product;
    stocked.push({ id, priceCents, discontinued });
    if (id % PROGRESS_PRODUCTS === 0) progress(id, PRODUCTS_TOTAL);
    yield [
      id,
      product.sku,
      product.name,
      product.brand,
      product.department,
      product.category,
      product.description,
      JSON.stringify(product.attributes),
      priceCents,
      product.unit,
      product.weightGrams,
      discontinued,
    ];
  }
}

function categoryRows(): CopyRow[] {
  return DEPARTMENTS.flatMap(({ name, families }) =>
    families.map(({ category }) => [name, category]),
  );
}

function warehouseRows(): CopyRow[] {
  return WAREHOUSES.map((city, index) => [index + 1, city]);
}

async function* stockRows(stocked: readonly Stocked[]): AsyncGenerator<CopyRow> {
  for await (const { productId, warehouseId, quantity } of createStock(stocked)) {
    yield [productId, warehouseId, quantity];
  }
}
