/** The generator of `examples/hardware-store`, without a database. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { suite, test } from 'node:test';

import { createProducts, type Product } from '../../examples/hardware-store/catalogue/products.ts';

suite('hardware store, catalogue', () => {
  test('the catalogue is the same on every machine', async () => {
    const hash = createHash('sha256');
    for await (const product of createProducts()) {
      if (product.id > 1_000) break;
      hash.update(JSON.stringify(product));
    }
    assert.equal(
      hash.digest('hex'),
      'ab68dbb3a73a79474b753a09b13cbfef4d7ef8a594c571be558f74e4b43b60f7',
    );
  });

  test('names, descriptions and figures make sense', async () => {
    const odd: Product[] = [];
    for await (const product of createProducts()) {
      const text = `${product.name} ${product.description} ${JSON.stringify(product.attributes)}`;
      const isOdd =
        /undefined|null|NaN|Infinity|\s\s|\s[,.;]|,,|\.\.|\b[Aa] [AEIOaeio]\w{2}|\ba (8|11|18)\b/.test(
          text.replaceAll(' A and', ''),
        ) ||
        product.priceCents < 39 ||
        product.priceCents > 500_000 ||
        product.weightGrams < 1 ||
        product.weightGrams > 400_000;
      if (isOdd) odd.push(product);
    }
    assert.deepEqual(odd.slice(0, 5), []);
  });
});
