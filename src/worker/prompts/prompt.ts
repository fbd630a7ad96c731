import { Failure } from '../../shared/errors.ts';
import {
  type AuthorSchema,
  type Parsed,
  parseBySchema,
  publishSchema,
} from '../authoring/author-schema.ts';
import { noteMaker } from '../authoring/maker.ts';
import type { Icon, PromptMessage } from '../domain/content.ts';
import type { Complete, Context } from '../domain/context.ts';
import type { JsonSchema } from '../domain/json-schema.ts';

/** What a prompt comes to: a text of the user's, or several turns. */
export type PromptOutput =
  | string
  | readonly PromptMessage[]
  | { readonly description?: string; readonly messages: readonly PromptMessage[] };

/** An argument as it is published (MCP 2025-11-25, schema: `PromptArgument`). */
export interface PromptArgument {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly required: boolean;
}

/** How a prompt is written down. */
export interface PromptDefinition<Arguments extends AuthorSchema = JsonSchema> {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly icons?: readonly Icon[];
  /** The scope a caller must hold. Without one any caller may use it. */
  readonly scope?: string;
  /** An object, each of whose fields is a text on the wire. Descriptions and titles are published. */
  readonly arguments?: Arguments;
  /** Values for arguments. */
  readonly complete?: Readonly<Record<string, Complete>>;
  readonly get: (given: Parsed<Arguments>, context: Context) => Promise<PromptOutput>;
}

/** A prompt, made by `definePrompt`. */
export interface Prompt {
  readonly name: string;
  readonly title: string | undefined;
  readonly description: string | undefined;
  readonly icons: readonly Icon[] | undefined;
  readonly scope: string | undefined;
  readonly arguments: readonly PromptArgument[];
  readonly complete: Readonly<Record<string, Complete>>;
  /** Throws a `Failure` (`invalid`) that names the first argument that does not fit. */
  readonly get: (
    given: Readonly<Record<string, string>>,
    context: Context,
  ) => Promise<PromptOutput>;
}

const PROMPT = Symbol('prompt');

/** Makes a prompt of its definition. */
export function definePrompt<Arguments extends AuthorSchema = JsonSchema>(
  definition: PromptDefinition<Arguments>,
): Prompt {
  const { name, title, description, icons, scope, complete = {}, get } = definition;
  const schema = definition.arguments;
  const prompt: Prompt & { readonly [PROMPT]: true } = {
    [PROMPT]: true,
    name,
    title,
    description,
    icons,
    scope,
    arguments: schema === undefined ? [] : publish(schema, name),
    complete,
    get: async (given, context) => get(await parseBySchema(schema, given, refuse), context),
  };
  noteMaker(prompt);
  return prompt;
}

/** Whether a value was made by `definePrompt`. */
export function isPrompt(value: unknown): value is Prompt {
  return typeof value === 'object' && value !== null && PROMPT in value;
}

function publish(schema: AuthorSchema, name: string): readonly PromptArgument[] {
  const { properties, required } = publishSchema(schema, `arguments of "${name}"`);
  const isRequired = (field: string): boolean =>
    Array.isArray(required) && required.includes(field);
  return Object.entries({ ...Object(properties) }).map(([field, property]) => {
    const { title, description }: JsonSchema = { ...Object(property) };
    return {
      name: field,
      ...(typeof title === 'string' ? { title } : {}),
      ...(typeof description === 'string' ? { description } : {}),
      required: isRequired(field),
    };
  });
}

function refuse(fault: string): Failure {
  return new Failure('invalid', fault);
}
