import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type { Question } from '../../../src/worker/domain/question.ts';
import {
  canBeAsked,
  isAnswerTo,
  missingCapability,
} from '../../../src/worker/methods/questions.ts';
import { FORM, MODEL, PAGE, ROOTS } from './asked.ts';

type Json = Readonly<Record<string, unknown>>;

const MODEL_WITH_TOOLS: Question = {
  method: 'sampling/createMessage',
  params: { messages: [], maxTokens: 1, tools: [] },
};

suite('a question', () => {
  for (const [question, capabilities, missing] of [
    [FORM, {}, { elicitation: { form: {} } }],
    [FORM, { elicitation: {} }, undefined],
    [FORM, { elicitation: { form: {} } }, undefined],
    [FORM, { elicitation: { url: {} } }, { elicitation: { form: {} } }],
    [FORM, { elicitation: true }, { elicitation: { form: {} } }],
    [FORM, { elicitation: null }, { elicitation: { form: {} } }],
    [PAGE, {}, { elicitation: { url: {} } }],
    [PAGE, { elicitation: {} }, { elicitation: { url: {} } }],
    [PAGE, { elicitation: { form: {} } }, { elicitation: { url: {} } }],
    [PAGE, { elicitation: { url: {} } }, undefined],
    [MODEL, {}, { sampling: {} }],
    [MODEL, { sampling: {} }, undefined],
    [MODEL_WITH_TOOLS, { sampling: {} }, { sampling: { tools: {} } }],
    [MODEL_WITH_TOOLS, {}, { sampling: { tools: {} } }],
    [MODEL_WITH_TOOLS, { sampling: { tools: {} } }, undefined],
    [MODEL, { sampling: [] }, { sampling: {} }],
    [ROOTS, {}, { roots: {} }],
    [ROOTS, { roots: { listChanged: true } }, undefined],
  ] as readonly (readonly [Question, Json, Json | undefined])[]) {
    const says = JSON.stringify(capabilities);
    test(`for ${question.method}, to one who can ${says}, needs ${JSON.stringify(missing)}`, () => {
      assert.deepEqual(missingCapability(question, capabilities), missing);
    });
  }

  for (const [question, revision, can] of [
    [FORM, '2024-11-05', false],
    [FORM, '2025-03-26', false],
    [FORM, '2025-06-18', true],
    [PAGE, '2025-06-18', false],
    [PAGE, '2025-11-25', true],
    [PAGE, '2026-07-28', true],
    [MODEL, '2024-11-05', true],
    [ROOTS, '2024-11-05', true],
  ] as const) {
    test(`for ${JSON.stringify(question).slice(0, 60)} ${can ? 'can' : 'cannot'} be asked in ${revision}`, () => {
      assert.equal(canBeAsked(question, revision), can);
    });
  }

  const said = { role: 'assistant', model: 'm', content: { type: 'text', text: 'x' } };
  for (const [question, given, answers] of [
    [FORM, { action: 'accept', content: { colour: 'red' } }, true],
    [FORM, { action: 'accept', content: { colour: 'green' } }, false],
    [FORM, { action: 'accept', content: {} }, false],
    [FORM, { action: 'accept' }, false],
    [FORM, { action: 'decline' }, true],
    [FORM, { action: 'cancel', content: 7 }, true],
    [FORM, { action: 'other' }, false],
    [FORM, {}, false],
    [FORM, null, false],
    [FORM, [], false],
    [PAGE, { action: 'accept' }, true],
    [MODEL, said, true],
    [MODEL, { ...said, content: [said.content] }, true],
    [MODEL, { ...said, role: 'system' }, false],
    [MODEL, { ...said, model: undefined }, false],
    [MODEL, { ...said, content: 'x' }, false],
    [ROOTS, { roots: [] }, true],
    [ROOTS, { roots: [{ uri: 'file:///a', name: 'a' }] }, true],
    [ROOTS, { roots: [{ name: 'a' }] }, false],
    [ROOTS, { roots: [null] }, false],
    [ROOTS, { roots: {} }, false],
    [ROOTS, undefined, false],
  ] as const) {
    test(`for ${question.method} is ${answers ? '' : 'not '}answered by ${JSON.stringify(given)}`, () => {
      assert.equal(isAnswerTo(question, given), answers);
    });
  }
});
