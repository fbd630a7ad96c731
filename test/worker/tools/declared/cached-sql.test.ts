import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openCached } from '../cached-worker.ts';
import { noFacilities } from '../tool-context.ts';
import { declare, sqlTool } from './declared.ts';
import { NAME, openProducts } from './products.ts';

/** When Postgres was told anything last, by anybody but who asks this. */
const LAST_TOLD = `
  select max(query_start)::text as at from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid()`;

test('a statement whose answer is kept is not run again: Postgres hears nothing of the call', async (t) => {
  await using shop = await openProducts();
  const lastTold = async (): Promise<unknown> => (await shop.run(LAST_TOLD))[0];
  const sql = 'select price from products where name = $name';
  const tool = declare(sqlTool(sql, `${NAME}cache: { ttlMs: 60000 }\n`));
  using worker = await openCached(tool, { facilities: { ...noFacilities, db: shop.source } });
  const saw = { structuredContent: { rows: [{ price: 12.5 }] } };
  assert.partialDeepStrictEqual(await worker.call({ name: 'Saw' }), saw);
  await t.waitFor(async () => {
    await worker.call({ name: 'Saw' });
    assert.equal(worker.outcomes.at(-1), 'ask hit');
  });
  const before = await lastTold();
  for (let turn = 0; turn < 5; turn += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    assert.partialDeepStrictEqual(await worker.call({ name: 'Saw' }), saw);
  }
  assert.deepEqual(await lastTold(), before);
  await worker.call({ name: 'Red' });
  assert.notDeepEqual(await lastTold(), before);
});
