import type { ContentBlock } from './content.ts';

type Json = Readonly<Record<string, unknown>>;

/** Something that only the other end knows: its user, its model, its folders (MCP 2026-07-28, patterns/mrtr; before, requests of ours). */
export type Question = FormQuestion | UrlQuestion | SamplingQuestion | RootsQuestion;

/** Asks the user to fill in a form (client/elicitation, form mode). Since 2025-06-18. */
interface FormQuestion {
  readonly method: 'elicitation/create';
  readonly params: {
    readonly mode?: 'form';
    readonly message: string;
    /** A flat object of strings, numbers, booleans and choices (schema: `PrimitiveSchemaDefinition`). */
    readonly requestedSchema: Json;
  };
}

/** Sends the user to a page, for what must not pass through the agent (client/elicitation, URL mode). Since 2025-11-25. */
interface UrlQuestion {
  readonly method: 'elicitation/create';
  readonly params: { readonly mode: 'url'; readonly message: string; readonly url: string };
}

/** Asks the agent's model (client/sampling). */
export interface SamplingQuestion {
  readonly method: 'sampling/createMessage';
  readonly params: {
    readonly messages: readonly Json[];
    readonly maxTokens: number;
  } & Json;
}

/** Asks which folders the agent works in (client/roots). */
interface RootsQuestion {
  readonly method: 'roots/list';
  readonly params?: Json;
}

/** What the user made of it. The content, there when accepted, satisfies the schema that was asked for. */
export interface ElicitationAnswer {
  readonly action: 'accept' | 'decline' | 'cancel';
  readonly content?: Json;
}

/** What the model said. */
export interface SamplingAnswer {
  readonly role: 'user' | 'assistant';
  readonly content: ContentBlock | readonly ContentBlock[];
  readonly model: string;
  readonly stopReason?: string;
}

/** Which folders the agent works in, as `file:` URIs. */
export interface RootsAnswer {
  readonly roots: readonly { readonly uri: string; readonly name?: string }[];
}

/** What answers a question. */
type AnswerTo<Asked extends Question> = Asked extends { method: 'elicitation/create' }
  ? ElicitationAnswer
  : Asked extends { method: 'sampling/createMessage' }
    ? SamplingAnswer
    : RootsAnswer;

/** Questions under names of the asker's own. */
export type Questions = Readonly<Record<string, Question>>;
/** What answers each question, under its name. */
export type AnswersTo<Asked extends Questions> = {
  readonly [Name in keyof Asked]: AnswerTo<Asked[Name]>;
};

/**
 * Asks the other end, all of it at once, and resolves with the answers by name.
 *
 * In the modern era an answer comes with a new request: what asks is then run again from its
 * beginning, and the same question, under the same name, is answered at once. So whatever it
 * does before it asks must bear to be done again, and a name stands for one question.
 */
export type Ask = <const Asked extends Questions>(questions: Asked) => Promise<AnswersTo<Asked>>;

/** Thrown by `ask` in the modern era: the work stops here, and the result is these questions. Let it pass. */
export class InputRequired extends Error {
  override readonly name = 'InputRequired';
  readonly questions: Questions;

  constructor(questions: Questions) {
    super('The work goes on when these questions are answered');
    this.questions = questions;
  }
}
