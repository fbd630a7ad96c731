import { type Database, defineTool, ToolError } from 'mcp-holdfast';
import { z } from 'zod';

import { formatCents } from './catalogue/money.ts';
import { SKU, unknownSkus } from './catalogue/sku.ts';

const QUANTITY_MAX = 10_000;
const VALID_DAYS = 14;
const VAT_PERCENT = 19;
/** From so many units of one product on, so much off. */
const DISCOUNTS = [
  { from: 500, percent: 12 },
  { from: 100, percent: 8 },
  { from: 25, percent: 4 },
  { from: 1, percent: 0 },
] as const;

interface Product {
  readonly id: number;
  readonly sku: string;
  readonly name: string;
  readonly unit: string;
  readonly price_cents: number;
}

interface Line {
  readonly product: Product;
  readonly quantity: number;
  readonly discountPercent: number;
  readonly totalCents: number;
}

interface Totals {
  readonly netCents: number;
  readonly vatCents: number;
  readonly grossCents: number;
}

interface Saved {
  readonly id: number;
  readonly valid_until: string;
}

interface Asked {
  readonly reference: string | null;
  readonly principal: string;
}

interface Filed {
  readonly saved: Saved;
  readonly lines: readonly Line[];
  readonly totals: Totals;
}

export const quote = defineTool({
  name: 'quote',
  title: 'Make a quote',
  description:
    `Prices a list of products and files it as a quote that is valid for ${VALID_DAYS} days. ` +
    'Discount for the quantity of one product: 4 % from 25 units, 8 % from 100, 12 % from 500. ' +
    `Prices include ${VAT_PERCENT} % VAT, which is shown. Orders and reserves nothing: ask check_stock about stock. ` +
    'Every call files a new quote. If one SKU is unknown, nothing is filed.',
  annotations: {
    readOnlyHint: false,
    destructiveHint: false,
    idempotentHint: false,
    openWorldHint: false,
  },
  input: z.object({
    lines: z
      .array(
        z.object({
          sku: SKU,
          quantity: z.int().min(1).max(QUANTITY_MAX).describe('How many units: pieces, packs …'),
        }),
      )
      .min(1)
      .max(50)
      .describe('What is to be quoted; lines of the same product are added up'),
    reference: z
      .string()
      .trim()
      .min(1)
      .max(100)
      .optional()
      .describe('What the customer calls it, e.g. "Carport Miller"'),
  }),
  output: z.object({
    quote_id: z.int(),
    reference: z.string().nullable(),
    valid_until: z.string().describe('Last day, e.g. 2026-07-31'),
    currency: z.string(),
    lines: z.array(
      z.object({
        sku: z.string(),
        name: z.string(),
        unit: z.string(),
        quantity: z.int(),
        unit_price_cents: z.int().describe('VAT included, before discount'),
        discount_percent: z.int(),
        total_cents: z.int(),
        total: z.string(),
      }),
    ),
    net_cents: z.int(),
    vat_cents: z.int(),
    gross_cents: z.int(),
    net: z.string(),
    vat: z.string().describe(`${VAT_PERCENT} %, part of gross`),
    gross: z.string().describe('What is to be paid'),
  }),
  async run({ lines: wanted, reference = null }, { db, principal }) {
    const quantities = addUp(wanted);
    const { saved, lines, totals } = await db.transaction((transaction) =>
      file(quantities, { reference, principal: principal.id }, transaction),
    );
    return {
      quote_id: saved.id,
      reference,
      valid_until: saved.valid_until,
      currency: 'EUR',
      lines: lines.map(({ product, quantity, discountPercent, totalCents }) => ({
        sku: product.sku,
        name: product.name,
        unit: product.unit,
        quantity,
        unit_price_cents: product.price_cents,
        discount_percent: discountPercent,
        total_cents: totalCents,
        total: formatCents(totalCents),
      })),
      net_cents: totals.netCents,
      vat_cents: totals.vatCents,
      gross_cents: totals.grossCents,
      net: formatCents(totals.netCents),
      vat: formatCents(totals.vatCents),
      gross: formatCents(totals.grossCents),
    };
  },
});

function addUp(
  lines: readonly { readonly sku: string; readonly quantity: number }[],
): ReadonlyMap<string, number> {
  const quantities = new Map<string, number>();
  for (const { sku, quantity } of lines) {
    const sum = (quantities.get(sku) ?? 0) + quantity;
    if (sum > QUANTITY_MAX) {
      throw new ToolError(
        `The lines of ${sku} add up to ${sum}; at most ${QUANTITY_MAX} go in one quote.`,
      );
    }
    quantities.set(sku, sum);
  }
  return quantities;
}

/** Prices are read in the transaction that writes them down. */
async function file(
  quantities: ReadonlyMap<string, number>,
  asked: Asked,
  db: Database,
): Promise<Filed> {
  const lines = await price(quantities, db);
  const totals = sumUp(lines);
  const saved = await save(asked, totals, db);
  await saveLines(saved.id, lines, db);
  return { saved, lines, totals };
}

async function price(quantities: ReadonlyMap<string, number>, db: Database): Promise<Line[]> {
  const products = await db.query<Product>(
    'select id, sku, name, unit, price_cents from products where sku = any($1::text[])',
    [[...quantities.keys()]],
  );
  const bySku = new Map(products.map((product) => [product.sku, product]));
  const unknown = [...quantities.keys()].filter((sku) => !bySku.has(sku));
  if (unknown.length > 0) throw unknownSkus(unknown);
  return [...quantities].flatMap(([sku, quantity]) => {
    const product = bySku.get(sku);
    if (product === undefined) return [];
    const discountPercent = DISCOUNTS.find(({ from }) => quantity >= from)?.percent ?? 0;
    const totalCents = Math.round((product.price_cents * quantity * (100 - discountPercent)) / 100);
    return [{ product, quantity, discountPercent, totalCents }];
  });
}

function sumUp(lines: readonly Line[]): Totals {
  const grossCents = lines.reduce((sum, { totalCents }) => sum + totalCents, 0);
  const netCents = Math.round((grossCents * 100) / (100 + VAT_PERCENT));
  return { netCents, vatCents: grossCents - netCents, grossCents };
}

async function save({ reference, principal }: Asked, totals: Totals, db: Database): Promise<Saved> {
  const [saved] = await db.query<Saved>(
    `insert into quotes (principal, reference, valid_until, net_cents, vat_cents, gross_cents)
    values ($1, $2, current_date + $3::integer, $4, $5, $6)
    returning id, valid_until::text`,
    [principal, reference, VALID_DAYS, totals.netCents, totals.vatCents, totals.grossCents],
  );
  if (saved === undefined) throw new Error('A quote was inserted and did not come back');
  return saved;
}

async function saveLines(id: number, lines: readonly Line[], db: Database): Promise<void> {
  await db.query(
    `insert into quote_lines
      (quote_id, line, product_id, quantity, unit_price_cents, discount_percent, total_cents)
    select $1, line, product_id, quantity, unit_price_cents, discount_percent, total_cents
    from unnest($2::integer[], $3::integer[], $4::integer[], $5::integer[], $6::bigint[]) with ordinality
      as lines (product_id, quantity, unit_price_cents, discount_percent, total_cents, line)`,
    [
      id,
      lines.map(({ product }) => product.id),
      lines.map(({ quantity }) => quantity),
      lines.map(({ product }) => product.price_cents),
      lines.map(({ discountPercent }) => discountPercent),
      lines.map(({ totalCents }) => totalCents),
    ],
  );
}
