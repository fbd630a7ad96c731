import { Failure } from '../../shared/errors.ts';
import type { DatabaseSource } from '../domain/database.ts';
import type { Prompt } from './prompt.ts';

const NAME = /^[A-Za-z0-9_.-]{1,64}$/;

/** A prompt, and the database of the folder it came from. */
export interface RegisteredPrompt {
  readonly prompt: Prompt;
  readonly db: DatabaseSource;
}

/** Every prompt of this worker, ordered by name. */
export interface PromptRegistry {
  readonly prompts: readonly RegisteredPrompt[];
  find(name: string): RegisteredPrompt | undefined;
}

/** Throws a `Failure` that names the prompt if one has no proper name, or a name twice. */
export function createPromptRegistry(
  sources: readonly { readonly prompts: readonly Prompt[]; readonly db: DatabaseSource }[],
): PromptRegistry {
  const byName = new Map<string, RegisteredPrompt>();
  for (const { prompts, db } of sources) {
    for (const prompt of prompts) {
      if (!NAME.test(prompt.name)) {
        throw new Failure(
          'invalid',
          `The prompt name "${prompt.name}" does not match ${NAME.source}`,
        );
      }
      if (byName.has(prompt.name)) {
        throw new Failure('invalid', `Two prompts have the name "${prompt.name}"`);
      }
      byName.set(prompt.name, { prompt, db });
    }
  }
  const prompts = [...byName.values()].toSorted((a, b) => (a.prompt.name < b.prompt.name ? -1 : 1));
  return { prompts, find: (name) => byName.get(name) };
}
