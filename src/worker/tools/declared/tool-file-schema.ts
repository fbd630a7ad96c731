import type { JsonSchema } from '../../domain/json-schema.ts';
import { COMMON_FIELDS } from './fields.ts';
import { KINDS } from './kinds.ts';

/** What a document of a YAML file of tools may hold, for the editors of those who write it: published in `docs/`. */
export function toolFileSchema(): JsonSchema {
  const kinds = Object.entries(KINDS);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A tool of Holdfast, in YAML',
    description: 'A file holds one tool, or several, with a line of `---` between them.',
    type: 'object',
    required: ['name', 'description', 'kind'],
    properties: {
      ...COMMON_FIELDS,
      kind: {
        description: kinds
          .map(([name, { description }]) => `\`${name}\`: ${description}`)
          .join(' '),
        enum: kinds.map(([name]) => name),
      },
    },
    anyOf: kinds.map(([name, { fields, required }]) => ({
      properties: { kind: { const: name }, ...fields },
      required,
    })),
    unevaluatedProperties: false,
  };
}
