import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';

import { Failure } from '../../shared/errors.ts';
import type { JsonSchema } from '../domain/json-schema.ts';

/**
 * A schema of any library that keeps to Standard Schema, both of its parts: it checks, and it says itself as JSON Schema.
 * Those of zod do; one of valibot does in `toStandardJsonSchema(…)` (https://standardschema.dev).
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': StandardSchemaV1.Props<Input, Output> &
    StandardJSONSchemaV1.Props<Input, Output>;
}

/** How authors describe what goes in and comes out: by a library, or in JSON Schema, which is published as it is. */
export type AuthorSchema = StandardSchema | JsonSchema;

/** What is left of values after the author's own schema: with its defaults, transforms and refinements. */
export type Parsed<Schema extends AuthorSchema> = Schema extends StandardSchema
  ? StandardSchemaV1.InferOutput<Schema>
  : Readonly<Record<string, unknown>>;

/** What satisfies a schema as it is published. */
export type Satisfying<Schema extends StandardSchema> = StandardSchemaV1.InferInput<Schema>;

const TARGET = 'draft-2020-12';

/** The JSON Schema of what goes in. Throws a `Failure` that names the subject, such as `input`, if there is none. */
export function publishSchema(schema: AuthorSchema, subject: string): JsonSchema {
  if (!isStandard(schema)) return schema;
  const { jsonSchema, vendor } = schema['~standard'];
  // Not every library that checks can say what it checks.
  if (jsonSchema === undefined) {
    const remedy =
      vendor === 'valibot'
        ? 'wrap it in toStandardJsonSchema of @valibot/to-json-schema'
        : `${vendor} does not say it: give one in JSON Schema`;
    throw new Failure('invalid', `The ${subject} has no JSON Schema to be published: ${remedy}`);
  }
  try {
    return jsonSchema.input({ target: TARGET });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const text = `The ${subject} cannot be published as JSON Schema: ${reason}`;
    throw new Failure('invalid', text, { cause: error });
  }
}

/** Has the author's own schema look at a value that satisfies the published one. Throws what `refuse` makes of its first fault. */
export async function parseBySchema<Schema extends AuthorSchema>(
  schema: Schema | undefined,
  value: unknown,
  refuse: (fault: string) => Error,
): Promise<Parsed<Schema>> {
  // oxlint-disable-next-line no-unsafe-type-assertion -- it satisfies the published schema, which is all there is
  if (schema === undefined || !isStandard(schema)) return value as Parsed<Schema>;
  const result = await schema['~standard'].validate(value);
  if (result.issues !== undefined) throw refuse(describe(result.issues[0]));
  // oxlint-disable-next-line no-unsafe-type-assertion -- TypeScript does not see that the guard chose the branch of the type
  return result.value as Parsed<Schema>;
}

/** Types are libraries' own, and may be functions. What is none of theirs is JSON. */
export function isStandard(schema: AuthorSchema): schema is {
  readonly '~standard': StandardSchemaV1.Props & Partial<StandardJSONSchemaV1.Props>;
} & AuthorSchema {
  return '~standard' in schema;
}

/** The first fault is enough to mend, and costs no more than the input was long. */
function describe(issue: StandardSchemaV1.Issue | undefined): string {
  const path = (issue?.path ?? []).map((part) =>
    String(typeof part === 'object' ? part.key : part),
  );
  return `${['arguments', ...path].join('.')}: ${issue?.message ?? 'not valid'}`;
}
