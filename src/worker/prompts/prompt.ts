import { z } from 'zod';

import { Failure } from '../../shared/errors.ts';
import type { Icon, PromptMessage } from '../domain/content.ts';
import type { Complete, Context } from '../domain/context.ts';

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
export interface PromptDefinition<Arguments extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly icons?: readonly Icon[];
  /** The scope a caller must hold. Without one any caller may use it. */
  readonly scope?: string;
  /** Each is a text on the wire. Descriptions and titles (`meta({ title })`) are published. */
  readonly arguments?: Arguments;
  /** Values for arguments. */
  readonly complete?: Readonly<Record<string, Complete>>;
  readonly get: (given: z.output<Arguments>, context: Context) => Promise<PromptOutput>;
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
export function definePrompt<Arguments extends z.ZodObject>(
  definition: PromptDefinition<Arguments>,
): Prompt {
  const { name, title, description, icons, scope, complete = {}, get } = definition;
  const schema = definition.arguments ?? z.object({});
  const prompt: Prompt & { readonly [PROMPT]: true } = {
    [PROMPT]: true,
    name,
    title,
    description,
    icons,
    scope,
    arguments: publish(schema),
    complete,
    async get(given, context) {
      const parsed = await schema.safeParseAsync(given);
      if (!parsed.success) throw new Failure('invalid', describe(parsed.error));
      // oxlint-disable-next-line no-unsafe-type-assertion -- it is the author's schema, or there are no arguments
      return get(parsed.data as z.output<Arguments>, context);
    },
  };
  return prompt;
}

/** Whether a value was made by `definePrompt`. */
export function isPrompt(value: unknown): value is Prompt {
  return typeof value === 'object' && value !== null && PROMPT in value;
}

function publish(schema: z.ZodObject): readonly PromptArgument[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' });
  return Object.entries(properties).map(([name, property]) => {
    const { title, description } = typeof property === 'boolean' ? {} : property;
    return {
      name,
      ...(title === undefined ? {} : { title }),
      ...(description === undefined ? {} : { description }),
      required: required.includes(name),
    };
  });
}

function describe({ issues: [issue] }: z.ZodError): string {
  return `${['arguments', ...(issue?.path ?? [])].join('.')}: ${issue?.message ?? 'not valid'}`;
}
