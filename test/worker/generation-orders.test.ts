import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import { Failure } from '../../src/shared/errors.ts';
import { type FromWorker, parseFromWorker } from '../../src/shared/ipc.ts';
import { silent } from '../../src/shared/logger.ts';
import { Catalogues } from '../../src/worker/catalogues.ts';
import { GenerationOrders } from '../../src/worker/generation-orders.ts';
import { catalogueOf, noPins } from './catalogue-of.ts';

async function open(load: (id: string) => Promise<void> = async () => undefined) {
  const answers: FromWorker[] = [];
  const orders = new GenerationOrders((answer) => {
    answers.push(answer);
  });
  const catalogues = await Catalogues.open('first', {
    async load(id) {
      await load(id);
      return catalogueOf({});
    },
    pins: noPins,
    prepareMsMax: 60_000,
    log: silent,
  });
  const order = (step: 'prepare' | 'swap' | 'drop', generation: string): void => {
    orders.heed({ type: 'generation', step, generation });
  };
  const said = () =>
    answers.map((answer) => (answer.type === 'generation' ? [answer.generation, answer.step] : []));
  return { answers, orders, catalogues, order, said };
}

suite('orders about generations', () => {
  test('wait until there are any, and are carried out one after the other', async (t) => {
    const loading = Promise.withResolvers<void>();
    const { orders, catalogues, order, said } = await open((id) =>
      id === 'a' ? loading.promise : Promise.resolve(),
    );
    order('prepare', 'a');
    order('swap', 'a');
    order('prepare', 'b');
    order('drop', 'b');
    order('swap', 'b');
    orders.open(catalogues);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(said(), []);
    loading.resolve();
    await t.waitFor(() =>
      assert.deepEqual(said(), [
        ['a', 'prepared'],
        ['a', 'swapped'],
        ['b', 'prepared'],
        ['b', 'unfit'],
      ]),
    );
    assert.equal(catalogues.served.id, 'a');
  });

  test('that cannot be carried out are answered with why, in one message', async (t) => {
    const { answers, orders, catalogues, order } = await open(async (id) => {
      if (id === 'bad') throw new Failure('invalid', `a.ts:1:2 ${'no paint '.repeat(10_000)}`);
    });
    orders.open(catalogues);
    order('prepare', 'bad');
    await t.waitFor(() => assert.equal(answers.length, 1));
    const answer = parseFromWorker(JSON.parse(JSON.stringify(answers[0])));
    assert.ok(answer?.type === 'generation');
    assert.equal(answer.step, 'unfit');
    assert.match(answer.message ?? '', /^a\.ts:1:2 no paint/);
    assert.ok(JSON.stringify(answer).length < 4_000);
  });

  test('of a generation that cannot be read are answered so, and those that follow are carried out', async (t) => {
    const { answers, orders, catalogues, order, said } = await open(async (id) => {
      if (id === 'gone') readFileSync(join(import.meta.dirname, 'not-there.json'));
      if (id === 'torn') JSON.parse('{"files":');
    });
    orders.open(catalogues);
    order('prepare', 'gone');
    order('prepare', 'torn');
    order('prepare', 'whole');
    await t.waitFor(() =>
      assert.deepEqual(said(), [
        ['gone', 'unfit'],
        ['torn', 'unfit'],
        ['whole', 'prepared'],
      ]),
    );
    const texts = answers.map((answer) => (answer.type === 'generation' ? answer.message : ''));
    assert.deepEqual(texts, [
      'What is kept of it cannot be read (ENOENT)',
      'What is kept of it cannot be read (SyntaxError)',
      undefined,
    ]);
  });
});
