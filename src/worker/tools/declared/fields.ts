import type { JsonSchema } from '../../domain/json-schema.ts';
import { CACHE_MS_MAX } from '../caching.ts';
import { PARAMETER_SCHEMA } from './parameters.ts';

const HINT: JsonSchema = { type: 'boolean' };
/** What a tool may say of itself to the programs of its callers. */
export const HINTS = ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'];

/** The fields of tools of all kinds, as JSON Schemas that are published. `kind` says more of itself. */
export const COMMON_FIELDS: Readonly<Record<string, JsonSchema>> = {
  name: { type: 'string', pattern: '^[A-Za-z0-9_.-]{1,64}$', description: 'What it is called by.' },
  title: { type: 'string', description: 'What a person reads.' },
  description: { type: 'string', description: 'What the model reads, and decides by.' },
  kind: {},
  parameters: {
    type: 'object',
    description:
      'What the model fills in. Each has to be there, unless it has a default or says `required: false`.',
    maxProperties: 100,
    propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]{0,62}$' },
    additionalProperties: PARAMETER_SCHEMA,
  },
  output: {
    type: 'object',
    description: 'A JSON Schema of what it answers, of the type object. Published, and held to.',
    required: ['type'],
    properties: { type: { const: 'object' } },
  },
  scope: {
    type: 'string',
    description: 'What a caller must hold. Without one any caller may call it.',
  },
  annotations: {
    type: 'object',
    properties: Object.fromEntries(HINTS.map((hint) => [hint, HINT])),
    additionalProperties: false,
  },
  timeoutMs: {
    type: 'integer',
    minimum: 1,
    maximum: 3_600_000,
    description: 'How long a call may take. 30000 unless said otherwise.',
  },
  concurrencyMax: {
    type: 'integer',
    minimum: 1,
    maximum: 10_000,
    description: 'Calls that run at once in one worker. Others wait for their turn.',
  },
  retries: {
    type: 'integer',
    minimum: 0,
    maximum: 10,
    description:
      'How often a call is tried again that found something away. For tools that change nothing, or may be called twice.',
  },
  cache: {
    type: 'object',
    description: 'How long an answer may be given again. For tools that change nothing.',
    required: ['ttlMs'],
    properties: {
      ttlMs: { type: 'integer', minimum: 1, maximum: CACHE_MS_MAX },
      staleMs: { type: 'integer', minimum: 1, maximum: CACHE_MS_MAX },
      public: { type: 'boolean', description: 'The answer is the same for all callers.' },
    },
    additionalProperties: false,
  },
  icons: {
    type: 'array',
    items: {
      type: 'object',
      required: ['src'],
      properties: {
        src: { type: 'string' },
        mimeType: { type: 'string' },
        sizes: { type: 'array', items: { type: 'string' } },
        theme: { enum: ['light', 'dark'] },
      },
      additionalProperties: false,
    },
  },
};
