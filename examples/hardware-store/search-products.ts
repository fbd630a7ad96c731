import { type Database, defineTool, ToolError } from 'mcp-holdfast';
import { z } from 'zod';

import { formatCents } from './catalogue/money.ts';

/**
 * So many matches are looked at closely at most, and they are a fair sample of all. A word that more products
 * have than that says little about which of them is meant, and ranking tens of thousands of rows
 * would take a tenth of a second. Which ones is settled by their order, so that the same question has
 * the same answer.
 */
const RANKED_MAX = 4_000;

/** Of description, brand and category, and name, from the second on: the order of `ts_rank`. */
const WEIGHTS = [0, 0.05, 0.4, 1] as const;

interface Row {
  readonly sku: string;
  readonly name: string;
  readonly brand: string;
  readonly category: string;
  readonly price_cents: number;
  readonly unit: string;
  readonly discontinued: boolean;
  readonly in_stock: number;
}

export const searchProducts = defineTool({
  name: 'search_products',
  title: 'Search products',
  description:
    'Finds products in the catalogue of a hardware store: 100,000 articles from screws, tools and paint to timber, ' +
    'plumbing, lighting and workwear. Best match first. All words must match, so use few and plain ones: ' +
    'the kind of thing, then size, material or colour, e.g. "chipboard screw 4x40" or "exterior paint anthracite". ' +
    'In quotes words must stand together; a minus before a word rules it out. Nothing found? Leave out a word.',
  annotations: { readOnlyHint: true, openWorldHint: false },
  input: z.object({
    query: z.string().trim().min(1).max(200).describe('Words to look for, in English'),
    category: z
      .string()
      .trim()
      .min(1)
      .max(100)
      .optional()
      .describe(
        'Only this department or category, as a result names it: "Fasteners", "Wood screws" or "Fasteners > Wood screws"',
      ),
    price_min: z.number().min(0).max(1_000_000).optional().describe('Lowest price, in euros'),
    price_max: z.number().min(0).max(1_000_000).optional().describe('Highest price, in euros'),
    in_stock_only: z
      .boolean()
      .default(false)
      .describe('True: only what at least one warehouse has'),
    limit: z.int().min(1).max(50).default(10).describe('How many products to return at most'),
  }),
  output: z.object({
    products: z.array(
      z.object({
        sku: z.string(),
        name: z.string(),
        brand: z.string(),
        category: z.string(),
        price: z.string().describe('For one unit, VAT included'),
        price_cents: z.int(),
        unit: z.string().describe('What is sold for that price: a piece, a pack, a roll …'),
        in_stock: z.int().describe('Units in all warehouses together'),
        discontinued: z.boolean().describe('True: sold off, not stocked again'),
      }),
    ),
    more: z.boolean().describe('True: there are more matches than these'),
  }),
  async run({ query, category, price_min, price_max, in_stock_only, limit }, { db }) {
    const rows = await db.query<Row>(
      `with candidates as (
        select products.*, query
        from products, websearch_to_tsquery('english', $1) as query
        where search @@ query
          and ($2::text is null or (department, category) in (
            select department, name from categories
            where lower($2) in (lower(department), lower(name), lower(department || ' > ' || name))))
          and price_cents between coalesce($3::integer, 0) and coalesce($4::integer, 2147483647)
        order by products.id limit $6
      ), best as (
        select id, ts_rank($8, search, query) as rank
        from candidates
        where not $5 or exists (select from stock where product_id = candidates.id and quantity > 0)
        order by rank desc, id limit $7
      )
      select sku, name, brand, department || ' > ' || category as category, price_cents, unit, discontinued,
        (select coalesce(sum(quantity), 0)::integer from stock where product_id = id) as in_stock
      from best join products using (id)
      order by rank desc, id`,
      [
        spellSizes(query),
        category ?? null,
        toCents(price_min),
        toCents(price_max),
        in_stock_only,
        RANKED_MAX,
        // One more than is asked for shows whether there are more.
        limit + 1,
        WEIGHTS,
      ],
    );
    if (rows.length === 0 && category !== undefined) await refuseUnknown(category, db);
    return {
      products: rows
        .slice(0, limit)
        .map((row) => ({ ...row, price: formatCents(row.price_cents) })),
      more: rows.length > limit,
    };
  },
});

/** The catalogue says "4 × 40 mm" and "18 V"; people also say "4.0x40mm" and "18V". */
function spellSizes(query: string): string {
  return query
    .replaceAll(/(?<=\d)\.0(?!\d)/g, '')
    .replaceAll(/(?<=\d)(?:mm|cm|m|m²|ml|l|kg|g|v|w|ah|a|lm|k)?\s*[x×*]\s*(?=\d)/gi, ' ')
    .replaceAll(/(?<=\d)(?=(?:mm|cm|m|m²|ml|l|kg|g|v|w|ah|a|lm|k)(?:\s|"|$))/gi, ' ');
}

function toCents(euros: number | undefined): number | null {
  return euros === undefined ? null : Math.round(euros * 100);
}

async function refuseUnknown(category: string, db: Database): Promise<void> {
  const rows = await db.query<{ department: string; name: string }>(
    'select department, name from categories order by department, name',
  );
  const asked = category.toLowerCase();
  const isKnown = rows.some((row) =>
    [row.department, row.name, `${row.department} > ${row.name}`].some(
      (name) => name.toLowerCase() === asked,
    ),
  );
  if (isKnown) return;
  const departments = [...new Set(rows.map(({ department }) => department))];
  throw new ToolError(
    `There is no category ${JSON.stringify(category)}. Take a department (${departments.join('; ')}) ` +
      'or a category as a search without this filter names it.',
  );
}
