import { Failure } from '../../shared/errors.ts';
import { definitionOf } from '../../shared/fingerprint.ts';
import { findFlawWithin } from '../authoring/text-flaw.ts';
import type { Facilities } from '../domain/facilities.ts';
import type { Prompt } from './prompt.ts';

const NAME = /^[A-Za-z0-9_.-]{1,64}$/;

/** A prompt, where it was found, and what it works with. */
export interface PromptEntry {
  readonly prompt: Prompt;
  /** The file that defines it. */
  readonly source: string;
  readonly facilities: Facilities;
}

/** A prompt that can be used. */
export interface RegisteredPrompt extends PromptEntry {
  /** A hash of all that agents are told of it. */
  readonly definition: string;
}

/** Every prompt of this worker, ordered by name. */
export interface PromptRegistry {
  readonly prompts: readonly RegisteredPrompt[];
  /** A hash of what is listed for whom: the same on every worker that lists the same. */
  readonly version: string;
  find(name: string): RegisteredPrompt | undefined;
  /** The prompts as they were, or will be, with that version. Nothing where they are known no more, or not yet. */
  findVersion(version: string): PromptRegistry | undefined;
}

/** Throws a `Failure` that names the prompt if one has no proper name, or a name twice. */
export function createPromptRegistry(entries: readonly PromptEntry[]): PromptRegistry {
  const byName = new Map<string, RegisteredPrompt>();
  for (const entry of entries) {
    const { name } = entry.prompt;
    if (!NAME.test(name)) {
      throw new Failure('invalid', `The prompt name "${name}" does not match ${NAME.source}`);
    }
    if (byName.has(name)) {
      throw new Failure('invalid', `Two prompts have the name "${name}"`);
    }
    const told = toldOf(entry.prompt);
    const flaw = findFlawWithin(told);
    if (flaw !== undefined) throw new Failure('invalid', `The prompt "${name}": ${flaw}`);
    byName.set(name, { ...entry, definition: definitionOf(told) });
  }
  const prompts = [...byName.values()].toSorted((a, b) => (a.prompt.name < b.prompt.name ? -1 : 1));
  const version = definitionOf(prompts.map(({ definition, prompt }) => [definition, prompt.scope]));
  const registry: PromptRegistry = {
    prompts,
    version,
    find: (name) => byName.get(name),
    findVersion: (asked) => (asked === version ? registry : undefined),
  };
  return registry;
}

function toldOf(prompt: Prompt): object {
  const { name, title, description, icons } = prompt;
  return { name, title, description, icons, arguments: prompt.arguments };
}
