import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { suite, type TestContext, test } from 'node:test';

import { excessesOf } from './budget.ts';
import { comparisonsOf, figuresOf } from './figures.ts';
import { netChannels } from './load/net.ts';
import { markdownOf } from './report.ts';
import { measureInTurns, type Plan } from './rounds.ts';
import type { Case, Contender } from './rows.ts';

const REQUEST = '{"id":999999999}';
const PLAN: Plan = {
  rounds: 3,
  sliceMs: 20,
  warmUpAnswers: 10,
  warmUpMs: 1_000,
};
const CASE: Case = {
  asked: 'call',
  tools: 20,
  shape: { connections: 2, window: 2 },
  processes: 1,
  withPeers: true,
};

/** A contender that sends back what it gets, and says that it costs so much for each request. */
async function contenderOf(
  t: TestContext,
  { costMs, ...rest }: { readonly costMs: number } & Omit<Contender, 'transport' | 'reach'>,
): Promise<Contender> {
  let cpuMs = 0;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      cpuMs += (costMs * bytes.length) / REQUEST.length;
      socket.write(bytes);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return {
    ...rest,
    transport: 'ws',
    reach: async () => ({
      channels: netChannels({ request: REQUEST, answerBytes: REQUEST.length }),
      server: {
        port: (server.address() as AddressInfo).port,
        headers: {},
        cpuMs: () => cpuMs,
        rssBytes: () => 1_048_576,
        [Symbol.asyncDispose]: () => Promise.resolve(),
      },
    }),
  };
}

suite('rounds', () => {
  test('tell what each row costs, against its floor and against a peer', async (t) => {
    const contenders = [
      await contenderOf(t, { name: 'ws echo', kind: 'floor', costMs: 0.5 }),
      await contenderOf(t, { name: 'ours', kind: 'ours', costMs: 1 }),
      await contenderOf(t, { name: 'theirs', kind: 'peer', ours: 'ours', costMs: 4 }),
    ];
    const rows = contenders.map((contender) => ({
      name: contender.name,
      contender,
      of: CASE,
      check: () => undefined,
    }));
    const measured = await measureInTurns(rows, PLAN, () => undefined);
    assert.deepEqual(
      measured.map(({ samples }) => samples.length),
      [3, 3, 3],
    );
    const [echo, ours, theirs] = figuresOf(measured);
    assert.deepEqual(echo?.ratio, { median: 1, min: 1, max: 1 });
    assert.equal(Math.round(ours?.us.median ?? 0), 1_000);
    assert.equal(ours?.ratio.median.toFixed(3), '2.000');
    assert.equal(theirs?.echoes.median.toFixed(3), '8.000');
    const [comparison] = comparisonsOf(measured);
    assert.equal(comparison?.times.median.toFixed(3), '4.000');
  });

  test('go on without a row that fails, and its failure is reported', async (t) => {
    const echo = await contenderOf(t, { name: 'ws echo', kind: 'floor', costMs: 0.5 });
    const wrong = await contenderOf(t, { name: 'wrong', kind: 'peer', ours: 'none', costMs: 1 });
    const absent: Contender = {
      ...echo,
      name: 'absent',
      reach: () => Promise.reject(new Error('It does not | serve')),
    };
    const rows = [wrong, absent, echo].map((contender) => ({
      name: contender.name,
      contender,
      of: CASE,
      check: () => {
        if (contender === wrong) throw new Error('Not the answer');
      },
    }));
    const told: string[] = [];
    const plan = { ...PLAN, warmUpAnswers: 500 };
    const figures = figuresOf(await measureInTurns(rows, plan, (line) => told.push(line)));
    assert.deepEqual(
      figures.map(({ failure }) => failure),
      ['Not the answer', 'It does not | serve', undefined],
    );
    assert.ok(told.includes('wrong failed: Not the answer'));
    assert.match(
      markdownOf({ figures, comparisons: [] }),
      /\| absent \| failed: It does not \\\| serve \|/,
    );
    assert.equal(excessesOf({ slack: 1, limits: { wrong: 9, 'ws echo': 1 } }, figures).length, 1);
  });
});
