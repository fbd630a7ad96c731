import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Failure } from '../../../src/shared/errors.ts';
import type { Principal } from '../../../src/worker/domain/principal.ts';
import type { Question } from '../../../src/worker/domain/question.ts';
import { askWithRequests } from '../../../src/worker/methods/ask.ts';
import { RpcError } from '../../../src/worker/protocol/errors.ts';
import type { Call } from '../../../src/worker/protocol/methods.ts';
import type { Revision } from '../../../src/worker/protocol/revisions.ts';
import { checkRequest } from '../../support/check-messages.ts';
import { FOLDERS, FORM, MODEL, PAGE, RED, ROOTS, SAID } from './asked.ts';
import { callOf } from './conversation.ts';

type AskParty = Call<Principal>['askParty'];

const ABLE = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} };

/** Asks somebody who answers as a test says, and what they were asked. */
function open(
  askParty: AskParty,
  revision: Revision = '2025-11-25',
  capabilities: Readonly<Record<string, unknown>> = ABLE,
) {
  const asked: string[] = [];
  const call = callOf({
    revision,
    capabilities,
    askParty: async (method, params, signal) => {
      checkRequest(revision, { jsonrpc: '2.0', id: 1, method, params });
      asked.push(method);
      return askParty(method, params, signal);
    },
  });
  return { ask: askWithRequests(call), asked };
}

const answers: AskParty = async (method) => {
  if (method === 'elicitation/create') return RED;
  return method === 'roots/list' ? FOLDERS : SAID;
};

const isConflict = (thrown: unknown): boolean => {
  assert.ok(thrown instanceof Failure, String(thrown));
  assert.equal(thrown.code, 'conflict');
  assert.doesNotMatch(thrown.message, /hunter2/);
  return true;
};

suite('asking in the legacy era', () => {
  for (const revision of ['2025-06-18', '2025-11-25'] as const) {
    test(`is of all at once, in ${revision}, and each answer has its name`, async () => {
      const { ask, asked } = open(answers, revision);
      const got = await ask({ colour: FORM, name: MODEL, folders: ROOTS });
      assert.deepEqual(got, { colour: RED, name: SAID, folders: FOLDERS });
      assert.deepEqual(asked, ['elicitation/create', 'sampling/createMessage', 'roots/list']);
    });
  }

  test('for a visit to a page gives it the id that its schema demands', async () => {
    const { ask } = open(async () => ({ action: 'accept' }));
    assert.deepEqual(await ask({ page: PAGE }), { page: { action: 'accept' } });
  });

  test('gives the others up where one is not answered', async () => {
    const givenUp = Promise.withResolvers<void>();
    const { ask } = open((method, _params, signal) => {
      if (method === 'roots/list') return Promise.reject(new RpcError(-1, 'hunter2'));
      signal.addEventListener('abort', () => {
        givenUp.resolve();
      });
      return new Promise(() => undefined);
    });
    await assert.rejects(ask({ colour: FORM, folders: ROOTS }), isConflict);
    await givenUp.promise;
  });

  test('may be of nothing', async () => {
    const { ask, asked } = open(answers);
    assert.deepEqual(await ask({}), {});
    assert.deepEqual(asked, []);
  });

  for (const [what, question, revision, capabilities] of [
    ['a form, in 2025-03-26', FORM, '2025-03-26', ABLE],
    ['a page, in 2025-06-18', PAGE, '2025-06-18', ABLE],
    ['a form, of one who has none', FORM, '2025-11-25', {}],
    ['a page, of one who can do forms alone', PAGE, '2025-11-25', { elicitation: {} }],
    ['a model, of one who has none', MODEL, '2025-11-25', { elicitation: {} }],
    ['folders, of one who has none', ROOTS, '2024-11-05', {}],
  ] as readonly (readonly [string, Question, Revision, object])[]) {
    test(`is a conflict where it cannot be of ${what}, and nothing is asked`, async () => {
      const { ask, asked } = open(answers, revision, { ...capabilities });
      await assert.rejects(ask({ first: question }), isConflict);
      assert.deepEqual(asked, []);
    });
  }

  for (const [what, given] of [
    ['nothing in it', {}],
    ['what the form has no room for', { action: 'accept', content: { colour: 'green' } }],
    ['what answers another question', SAID],
  ] as const) {
    test(`is a conflict where the answer has ${what}`, async () => {
      await assert.rejects(open(async () => given).ask({ it: FORM }), isConflict);
    });
  }

  test('is a conflict where the answer is an error, whose text is kept from the model', async () => {
    const { ask } = open(() => Promise.reject(new RpcError(-1, 'password=hunter2')));
    await assert.rejects(ask({ it: FORM }), isConflict);
  });

  test('is over for a call that is cancelled', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const party = {
      capabilities: ABLE,
      signal,
      askParty: () => new Promise<never>(() => undefined),
    };
    const asking = askWithRequests(callOf(party))({ it: FORM });
    controller.abort();
    await assert.rejects(asking, { code: 'cancelled' });
  });

  test('is over after ten minutes', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const signals: AbortSignal[] = [];
    const never: AskParty = (_method, _params, signal) => {
      signals.push(signal);
      return new Promise(() => undefined);
    };
    const asking = open(never).ask({ it: FORM });
    await new Promise(setImmediate);
    t.mock.timers.tick(600_000);
    await assert.rejects(asking, { code: 'timeout' });
    assert.equal(signals[0]?.aborted, true);
  });
});
