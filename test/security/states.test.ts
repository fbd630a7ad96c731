import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, suite, test } from 'node:test';

import { AeadSeal } from '../../src/worker/auth/seal.ts';
import {
  modernCallOf,
  modernHeaders,
  post,
  type ServedMcp,
  serveMcp,
} from '../worker/transport/mcp-served.ts';
import { asksName } from '../worker/transport/mcp-tools.ts';

const META = { 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} } };
const ANSWERS = { name: { action: 'accept', content: { name: 'Ann' } } };
const HALF_AN_HOUR_MS = 1_800_000;
let now = Date.now();
let served: ServedMcp;

before(async () => {
  const key = { id: 1n, secret: randomBytes(32) };
  const keys = { sealing: key, find: (id: bigint) => (id === key.id ? key : undefined) };
  const other = { ...asksName, name: 'asks-too' };
  served = await serveMcp({
    tools: [asksName, other],
    seal: new AeadSeal({ keys, now: () => now }),
  });
});
after(() => served[Symbol.asyncDispose]());

interface Told {
  readonly result?: {
    readonly requestState?: string;
    readonly content?: readonly { readonly text: string }[];
  };
  readonly error?: { readonly code: number };
}

async function call(params: object, tool = 'asks-name', who = 'ann'): Promise<Told> {
  const headers = { ...modernHeaders('tools/call', tool), 'x-who': who };
  const answer = await post(served.url, modernCallOf(tool, params, META), headers);
  return JSON.parse(await answer.text());
}

async function stateOf(params: object = {}): Promise<string> {
  return (await call(params)).result?.requestState ?? assert.fail('It asks nothing');
}

suite('the state of a question', () => {
  test('comes back from who was asked, and is taken (S43)', async () => {
    const { result } = await call({ requestState: await stateOf(), inputResponses: ANSWERS });
    assert.equal(result?.content?.[0]?.text, 'Hello, Ann');
  });

  test('is refused from anybody else, for another tool, and with other arguments (S43)', async () => {
    const given = { requestState: await stateOf(), inputResponses: ANSWERS };
    for (const told of [
      await call(given, 'asks-name', 'eve'),
      await call(given, 'asks-too'),
      await call({ ...given, arguments: { more: true } }),
    ]) {
      assert.equal(told.error?.code, -32_602);
    }
  });

  test('is refused with any of its characters changed, and with any cut off (S43)', async () => {
    const state = await stateOf();
    const changed = Array.from(
      state,
      (character, index) =>
        state.slice(0, index) + (character === 'A' ? 'B' : 'A') + state.slice(index + 1),
    );
    const tried = [...changed, state.slice(0, -1), state.slice(1), `${state}A`, `${state}=`, ''];
    const told = await Promise.all(
      tried
        .slice(0, 10)
        .concat(tried.slice(-12))
        .map((requestState) => call({ requestState, inputResponses: ANSWERS })),
    );
    assert.deepEqual(new Set(told.map(({ error }) => error?.code)), new Set([-32_602]));
  });

  test('is refused after its time (S43)', async () => {
    const given = { requestState: await stateOf(), inputResponses: ANSWERS };
    now += HALF_AN_HOUR_MS;
    assert.equal((await call(given)).error?.code, -32_602);
  });
});
