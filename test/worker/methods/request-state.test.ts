import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';

import * as fc from 'fast-check';

import { Failure } from '../../../src/shared/errors.ts';
import { AeadSeal } from '../../../src/worker/auth/seal.ts';
import { askOverRequests } from '../../../src/worker/methods/input-required.ts';
import type { Params } from '../../../src/worker/protocol/frame.ts';
import { FORM, RED, ROOTS } from './asked.ts';
import { callOf } from './conversation.ts';

const RUNS = { numRuns: 10_000 };
const TTL_MS = 900_000;

let now = 0;
const sealing = { id: 7n, secret: new Uint8Array(32).fill(3) };
const seal = new AeadSeal({
  keys: { sealing, find: (id) => (id === sealing.id ? sealing : undefined) },
  now: () => now,
});

/** Asks for a colour and then for the folders, as a call of these arguments. */
async function ask(params: Params, given: unknown, caller = 'ann') {
  const call = callOf({
    caller: { id: caller, scopes: 'all' },
    capabilities: { elicitation: {}, roots: {} },
  });
  const about = { method: 'tools/call', subject: 'paint', given, seal };
  const result = await askOverRequests(params, call, about, async (question) => {
    await question({ colour: FORM });
    return question({ folders: ROOTS });
  });
  const { requestState, inputRequests }: Params = { ...result };
  assert.ok(typeof requestState === 'string');
  return { requestState, asked: Object.keys({ ...(inputRequests as object) }) };
}

const isInvalid = (thrown: unknown) => thrown instanceof Failure && thrown.code === 'invalid';

suite('the state of a call, with the seal of the workers', () => {
  test('opens for the same arguments, however they are ordered, and holds what was answered', async () => {
    const given = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 4 });
    await fc.assert(
      fc.asyncProperty(given, async (asked) => {
        const inputResponses = { colour: RED };
        const { requestState } = await ask({ inputResponses }, asked);
        const reversed = Object.fromEntries(Object.entries(asked).toReversed());
        assert.deepEqual((await ask({ requestState }, reversed)).asked, ['folders']);
      }),
      RUNS,
    );
  });

  test('opens for no other arguments', async () => {
    const given = fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 });
    await fc.assert(
      fc.asyncProperty(given, given, async (asked, other) => {
        const { requestState } = await ask({}, asked);
        const isSame = isDeepStrictEqual({ ...asked }, { ...other });
        if (!isSame) await assert.rejects(ask({ requestState }, other), isInvalid);
      }),
      RUNS,
    );
  });

  test('opens for no other caller', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), async (one, other) => {
        const { requestState } = await ask({}, {}, one);
        if (one !== other) await assert.rejects(ask({ requestState }, {}, other), isInvalid);
      }),
      RUNS,
    );
  });

  test('does not open if any of it is changed', async () => {
    const { requestState } = await ask({}, {});
    await fc.assert(
      fc.asyncProperty(fc.nat(requestState.length - 1), fc.nat(63), async (at, step) => {
        const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
        const changed = requestState.slice(0, at) + alphabet[step] + requestState.slice(at + 1);
        if (changed === requestState) return;
        await assert.rejects(ask({ requestState: changed }, {}), isInvalid);
      }),
      RUNS,
    );
  });

  test('opens for a quarter of an hour, and no longer', async () => {
    now = 1_000;
    const { requestState } = await ask({}, {});
    now += TTL_MS - 1;
    await ask({ requestState }, {});
    now += 1;
    await assert.rejects(ask({ requestState }, {}), isInvalid);
  });
});
