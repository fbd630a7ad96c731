import { ToolError } from 'mcp-holdfast';
import { z } from 'zod';

/** An argument that names a product, as people write it: in any case, with space around it. */
export const SKU = z
  .string()
  .min(1)
  .max(16)
  .trim()
  .toUpperCase()
  .describe('Article number of the product, as search_products gives it, e.g. "FX-544248"');

export function unknownSkus(skus: readonly string[]): ToolError {
  return new ToolError(
    `There is no product with the SKU ${skus.map((sku) => JSON.stringify(sku)).join(', ')}. ` +
      'Find the right one with search_products.',
  );
}
