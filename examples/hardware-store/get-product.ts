import { defineTool } from 'mcp-holdfast';
import { z } from 'zod';

import { formatCents } from './catalogue/money.ts';
import { SKU, unknownSkus } from './catalogue/sku.ts';

interface Row {
  readonly sku: string;
  readonly name: string;
  readonly brand: string;
  readonly category: string;
  readonly description: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly price_cents: number;
  readonly currency: string;
  readonly unit: string;
  readonly weight_grams: number;
  readonly discontinued: boolean;
  readonly in_stock: number;
}

export const getProduct = defineTool({
  name: 'get_product',
  title: 'Get a product',
  description:
    'Everything the catalogue says about one product: description, technical attributes, price, weight and stock. ' +
    'Needs its SKU; if you only know what the product is, call search_products first.',
  annotations: { readOnlyHint: true, openWorldHint: false },
  input: z.object({ sku: SKU }),
  output: z.object({
    sku: z.string(),
    name: z.string(),
    brand: z.string(),
    category: z.string().describe('Department and category, e.g. "Fasteners > Wood screws"'),
    description: z.string(),
    attributes: z
      .record(z.string(), z.union([z.string(), z.number()]))
      .describe('Technical data; the unit is the end of the name, e.g. length_mm'),
    price: z.string().describe('For one unit, VAT included'),
    price_cents: z.int(),
    currency: z.string(),
    unit: z.string().describe('What is sold for that price: a piece, a pack, a roll …'),
    weight_grams: z.int().describe('Of one unit'),
    discontinued: z.boolean().describe('True: sold off, not stocked again'),
    in_stock: z.int().describe('Units in all warehouses together'),
  }),
  async run({ sku }, { db }) {
    const [product] = await db.query<Row>(
      `select sku, name, brand, department || ' > ' || category as category, description, attributes,
        price_cents, currency, unit, weight_grams, discontinued,
        (select coalesce(sum(quantity), 0)::integer from stock where product_id = products.id) as in_stock
      from products where sku = $1`,
      [sku],
    );
    if (product === undefined) throw unknownSkus([sku]);
    return { ...product, price: formatCents(product.price_cents) };
  },
});
