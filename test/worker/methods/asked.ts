/** Questions of every kind. */
import type { Question } from '../../../src/worker/domain/question.ts';

export const FORM = {
  method: 'elicitation/create',
  params: {
    message: 'Which colour?',
    requestedSchema: {
      type: 'object',
      properties: { colour: { type: 'string', enum: ['red', 'blue'] } },
      required: ['colour'],
    },
  },
} as const satisfies Question;
export const PAGE = {
  method: 'elicitation/create',
  params: { mode: 'url', message: 'Pay here', url: 'https://pay.example/' },
} as const satisfies Question;
export const MODEL = {
  method: 'sampling/createMessage',
  params: {
    messages: [{ role: 'user', content: { type: 'text', text: 'A name?' } }],
    maxTokens: 5,
  },
} as const satisfies Question;
export const ROOTS = { method: 'roots/list' } as const satisfies Question;

/** What answers them. */
export const RED = { action: 'accept', content: { colour: 'red' } };
export const SAID = { role: 'assistant', model: 'm', content: { type: 'text', text: 'Ann' } };
export const FOLDERS = { roots: [{ uri: 'file:///work' }] };
