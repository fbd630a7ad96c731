import { defineTool, ToolError } from 'mcp-holdfast';
import { z } from 'zod';

import { SKU, unknownSkus } from './catalogue/sku.ts';

interface Row {
  readonly name: string;
  readonly city: string;
  readonly quantity: number;
}

export const checkStock = defineTool({
  name: 'check_stock',
  title: 'Check stock',
  description:
    'How many units of one product lie in each of our five warehouses just now, and whether a quantity can be ' +
    'had from one of them or only from all together. Reserves nothing.',
  annotations: { readOnlyHint: true, openWorldHint: false },
  input: z.object({
    sku: SKU,
    quantity: z
      .int()
      .min(1)
      .max(10_000)
      .default(1)
      .describe('How many units are wanted; 1 unless said otherwise'),
    warehouse: z
      .string()
      .trim()
      .min(1)
      .max(40)
      .optional()
      .describe('City of the only warehouse to look at, e.g. "Hamburg"; all of them if left out'),
  }),
  output: z.object({
    sku: z.string(),
    name: z.string(),
    warehouses: z
      .array(z.object({ city: z.string(), quantity: z.int() }))
      .describe('Those that were looked at, the fullest first'),
    total: z.int().describe('Units in those warehouses together'),
    available_from_one: z.boolean().describe('One warehouse alone has the quantity'),
    available_from_all: z.boolean().describe('Together they have the quantity'),
  }),
  async run({ sku, quantity, warehouse }, { db }) {
    const rows = await db.query<Row>(
      `select products.name, city, coalesce(quantity, 0) as quantity
      from products cross join warehouses
        left join stock on product_id = products.id and warehouse_id = warehouses.id
      where sku = $1
      order by 3 desc, city`,
      [sku],
    );
    const [first] = rows;
    if (first === undefined) throw unknownSkus([sku]);

    const looked = rows.filter(({ city }) => warehouse === undefined || isSame(city, warehouse));
    if (looked.length === 0) {
      const cities = rows.map(({ city }) => city).toSorted();
      throw new ToolError(
        `There is no warehouse in ${JSON.stringify(warehouse)}. We have: ${cities.join(', ')}.`,
      );
    }
    const total = looked.reduce((sum, row) => sum + row.quantity, 0);
    return {
      sku,
      name: first.name,
      warehouses: looked.map((row) => ({ city: row.city, quantity: row.quantity })),
      total,
      available_from_one: looked.some((row) => row.quantity >= quantity),
      available_from_all: total >= quantity,
    };
  },
});

function isSame(city: string, asked: string): boolean {
  return city.toLowerCase() === asked.toLowerCase();
}
