/** The tools and the setup of `examples/hardware-store`, on the platform's own database code. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';

import { z } from 'zod';

import { checkStock } from '../../examples/hardware-store/check-stock.ts';
import { getProduct } from '../../examples/hardware-store/get-product.ts';
import { quote } from '../../examples/hardware-store/quote.ts';
import { ToolError } from '../../src/worker/tools/tool-error.ts';
import { openStore, Quote, Stock, type Store } from './store.ts';

function stop(): never {
  throw new Error('halfway');
}

suite('hardware store', () => {
  let store: Store;
  const reported: number[] = [];

  before(async () => {
    store = await openStore();
    await store.load((done) => reported.push(done));
  });

  after(() => store[Symbol.asyncDispose]());

  test('there are exactly 100,000 products in some hundred categories', async () => {
    assert.equal(await store.count('products'), 100_000);
    assert.equal(await store.count('(select distinct sku from products) as skus'), 100_000);
    assert.equal(await store.count('categories'), 102);
    assert.equal(await store.count('warehouses'), 5);
    assert.equal(reported.at(-1), 100_000);
  });

  test('no two products of a brand have the same name', async () => {
    assert.equal(
      await store.count('(select distinct name, brand from products) as products'),
      100_000,
    );
  });

  test('a second setup changes nothing', async () => {
    const calls: number[] = [];
    const stock = await store.count('stock');
    await store.load((done) => calls.push(done));
    assert.deepEqual(calls, []);
    assert.equal(await store.count('products'), 100_000);
    assert.equal(await store.count('stock'), stock);
  });

  test('a setup that ends halfway leaves nothing', async () => {
    await using empty = await openStore();
    await assert.rejects(empty.load(stop));
    assert.equal(await empty.count('products'), 0);
    assert.equal(await empty.count('stock'), 0);
  });

  test('a match in the name comes before one in the description', async () => {
    const { products } = await store.search({
      query: 'chisel',
      price_min: 42,
      price_max: 140,
      limit: 50,
    });
    const named = products.map(({ name }) => /chisel/i.test(name));
    assert.ok(named.includes(true) && named.includes(false));
    assert.deepEqual(
      named,
      named.toSorted((a, b) => Number(b) - Number(a)),
    );
  });

  test('sizes are found however they are written', async () => {
    for (const query of [
      'chipboard screw 4 × 40 mm',
      'chipboard screw 4x40',
      'Chipboard screws 4.0x40mm',
    ]) {
      const { products } = await store.search({ query });
      assert.match(products[0]?.name ?? '', /^Chipboard screw 4 × 40 mm/);
    }
    const { products } = await store.search({ query: 'cordless hammer drill 18V' });
    assert.match(products[0]?.name ?? '', /^Cordless hammer drill 18 V/);
  });

  test('quotes keep words together, and a minus rules one out', async () => {
    const { products } = await store.search({ query: '"masonry drill bit" 8 mm -SDS', limit: 50 });
    assert.ok(products.length > 0);
    assert.ok(
      products.every(({ name }) => name.startsWith('Masonry drill bit 8') && !name.includes('SDS')),
    );
  });

  test('an article number is found by itself', async () => {
    const { sku } = await store.findOne('id = 4711');
    const { products, more } = await store.search({ query: sku.toLowerCase() });
    assert.deepEqual(
      products.map((product) => product.sku),
      [sku],
    );
    assert.equal(more, false);
  });

  test('the filters hold for every product found', async () => {
    const { products } = await store.search({
      query: 'white',
      category: 'paint & decorating > interior paint',
      price_min: 20,
      price_max: 60.5,
      in_stock_only: true,
      limit: 50,
    });
    assert.ok(products.length > 0);
    for (const product of products) {
      assert.equal(product.category, 'Paint & decorating > Interior paint');
      assert.ok(product.price_cents >= 2_000 && product.price_cents <= 6_050);
      assert.ok(product.in_stock > 0);
    }
  });

  test('a category is meant by its department or its own name as well', async () => {
    for (const category of ['Fasteners', 'WOOD SCREWS']) {
      const { products } = await store.search({ query: 'chipboard', category });
      assert.ok(products.every((product) => product.category === 'Fasteners > Wood screws'));
      assert.ok(products.length > 0);
    }
    await assert.rejects(store.search({ query: 'screw', category: 'Cheese' }), (error) => {
      assert.ok(error instanceof ToolError);
      assert.match(error.message, /no category "Cheese".*Fasteners/);
      return true;
    });
  });

  test('what is not there is an empty list, and more says whether there is more', async () => {
    assert.deepEqual(await store.search({ query: 'zeppelin' }), { products: [], more: false });
    assert.deepEqual(await store.search({ query: 'screw', category: 'Lighting' }), {
      products: [],
      more: false,
    });
    const { products, more } = await store.search({ query: 'screw', limit: 3 });
    assert.equal(products.length, 3);
    assert.equal(more, true);
  });

  test('the same search gives the same products in the same order', async () => {
    const given = { query: 'mm', limit: 50 };
    assert.deepEqual(await store.search(given), await store.search(given));
  });

  test('a product is shown with all there is to it, whatever the case of its SKU', async () => {
    const { sku, name } = await store.findOne(`name like 'Hex bolt%'`);
    const product = z
      .object({ sku: z.string(), name: z.string(), attributes: z.record(z.string(), z.unknown()) })
      .parse(await store.call(getProduct, { sku: ` ${sku.toLowerCase()} ` }));
    assert.equal(product.sku, sku);
    assert.equal(product.name, name);
    assert.ok(name.startsWith(`Hex bolt M${String(product.attributes['thread_mm'])} ×`));
  });

  test('a SKU that does not exist is answered with how to find one', async () => {
    for (const tool of [getProduct, checkStock]) {
      await assert.rejects(store.call(tool, { sku: 'FX-000000' }), (error) => {
        assert.ok(error instanceof ToolError);
        assert.match(error.message, /"FX-000000".*search_products/);
        return true;
      });
    }
  });

  test('stock adds up, and one warehouse and all of them are told apart', async () => {
    const [row] = await store.db.query<{ sku: string; total: number; most: number }>(
      `select sku, sum(quantity)::integer as total, max(quantity) as most
      from products join stock on product_id = products.id
      group by sku having count(*) filter (where quantity > 0) > 2 order by sku limit 1`,
    );
    assert.ok(row);
    const stock = Stock.parse(
      await store.call(checkStock, { sku: row.sku, quantity: row.most + 1 }),
    );
    assert.equal(stock.warehouses.length, 5);
    assert.equal(stock.total, row.total);
    assert.equal(
      stock.total,
      stock.warehouses.reduce((sum, { quantity }) => sum + quantity, 0),
    );
    assert.equal(stock.available_from_one, false);
    assert.equal(stock.available_from_all, true);
    const none = Stock.parse(await store.call(checkStock, { sku: row.sku, quantity: 10_000 }));
    assert.equal(none.available_from_all, false);
  });

  test('one warehouse can be asked for by its city', async () => {
    const { sku } = await store.findOne('id = 1');
    const { warehouses } = Stock.parse(await store.call(checkStock, { sku, warehouse: 'hamburg' }));
    assert.deepEqual(
      warehouses.map(({ city }) => city),
      ['Hamburg'],
    );
    await assert.rejects(store.call(checkStock, { sku, warehouse: 'Paris' }), /We have: Berlin/);
  });

  test('a quote writes what it answers', async () => {
    const cheap = await store.findOne('price_cents < 1000');
    const dear = await store.findOne('price_cents > 20000');
    const answer = Quote.parse(
      await store.call(quote, {
        lines: [
          { sku: cheap.sku, quantity: 60 },
          { sku: dear.sku, quantity: 1 },
          { sku: cheap.sku.toLowerCase(), quantity: 40 },
        ],
        reference: 'Carport',
      }),
    );
    const discounted = Math.round(cheap.price_cents * 100 * 0.92);
    assert.deepEqual(
      answer.lines.map((line) => [
        line.sku,
        line.quantity,
        line.discount_percent,
        line.total_cents,
      ]),
      [
        [cheap.sku, 100, 8, discounted],
        [dear.sku, 1, 0, dear.price_cents],
      ],
    );
    assert.equal(answer.gross_cents, discounted + dear.price_cents);
    assert.equal(answer.net_cents + answer.vat_cents, answer.gross_cents);
    assert.ok(Math.abs(answer.net_cents * 0.19 - answer.vat_cents) <= 1);

    const [filed] = await store.db.query(
      `select principal, reference, gross_cents::integer as gross_cents, valid_until - current_date as days
      from quotes where id = $1`,
      [answer.quote_id],
    );
    assert.deepEqual(filed, {
      principal: 'tester',
      reference: 'Carport',
      gross_cents: answer.gross_cents,
      days: 14,
    });
    const lines = await store.db.query(
      `select sku, quantity, unit_price_cents, discount_percent, total_cents::integer as total_cents
      from quote_lines join products on products.id = product_id where quote_id = $1 order by line`,
      [answer.quote_id],
    );
    assert.deepEqual(lines, answer.lines);
  });

  test('a quote with an unknown SKU names it and writes nothing', async () => {
    const { sku } = await store.findOne('id = 1');
    const [quotes, lines] = [await store.count('quotes'), await store.count('quote_lines')];
    const given = {
      lines: [
        { sku, quantity: 1 },
        { sku: 'FX-000000', quantity: 1 },
      ],
    };
    await assert.rejects(store.call(quote, given), (error) => {
      assert.ok(error instanceof ToolError);
      assert.match(error.message, /"FX-000000"/);
      return true;
    });
    assert.deepEqual(
      [await store.count('quotes'), await store.count('quote_lines')],
      [quotes, lines],
    );
  });

  test('lines of one product may not add up to more than a line may hold', async () => {
    const { sku } = await store.findOne('id = 1');
    const given = {
      lines: [
        { sku, quantity: 9_000 },
        { sku, quantity: 1_001 },
      ],
    };
    await assert.rejects(store.call(quote, given), /add up to 10001/);
  });

  test('a quote may be larger than an integer', async () => {
    const dear = await store.db.query<{ sku: string; price_cents: number }>(
      'select sku, price_cents from products order by price_cents desc, id limit 10',
    );
    const lines = dear.map(({ sku }) => ({ sku, quantity: 10_000 }));
    const answer = Quote.parse(await store.call(quote, { lines }));
    const sum = dear.reduce((total, { price_cents }) => total + price_cents, 0);
    assert.equal(answer.gross_cents, sum * 8_800);
    assert.ok(answer.gross_cents > 2 ** 31);
  });
});
