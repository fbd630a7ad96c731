import type {
  ElicitationAnswer,
  Question,
  RootsAnswer,
  SamplingAnswer,
  SamplingQuestion,
} from '../domain/question.ts';
import { isRecord } from '../protocol/frame.ts';
import { isModern, type Revision, TRAITS } from '../protocol/revisions.ts';
import { fits } from './form.ts';

type Capabilities = Readonly<Record<string, unknown>>;

/** What the other end would have to be able to do to answer a question, in the words of `ClientCapabilities`; nothing if it can. */
export function missingCapability(
  question: Question,
  capabilities: Capabilities,
): Readonly<Record<string, object>> | undefined {
  switch (question.method) {
    case 'sampling/createMessage':
      return missingSampling(question, capabilities);
    case 'roots/list':
      return isRecord(capabilities.roots) ? undefined : { roots: {} };
    case 'elicitation/create': {
      const mode = modeOf(question);
      const { elicitation } = capabilities;
      // One that names no mode can do forms (2025-11-25, client/elicitation).
      const canDo =
        isRecord(elicitation) &&
        (isRecord(elicitation[mode]) || (mode === 'form' && Object.keys(elicitation).length === 0));
      return canDo ? undefined : { elicitation: { [mode]: {} } };
    }
  }
}

/** Tools for the model are a capability of their own (2025-11-25, client/sampling). */
function missingSampling(
  { params }: SamplingQuestion,
  { sampling }: Capabilities,
): Readonly<Record<string, object>> | undefined {
  const isWithTools = params.tools !== undefined || params.toolChoice !== undefined;
  if (!isRecord(sampling)) return { sampling: isWithTools ? { tools: {} } : {} };
  return isWithTools && !isRecord(sampling.tools) ? { sampling: { tools: {} } } : undefined;
}

/** Whether a revision has words for a question. */
export function canBeAsked(question: Question, revision: Revision): boolean {
  if (question.method !== 'elicitation/create') return true;
  return isModern(revision) || TRAITS[revision].elicitation.includes(modeOf(question));
}

/** Whether something answers a question: it has the shape, and what the user filled in satisfies the form. */
export function isAnswerTo(
  question: Question,
  given: unknown,
): given is ElicitationAnswer & SamplingAnswer & RootsAnswer {
  if (!isRecord(given)) return false;
  switch (question.method) {
    case 'roots/list':
      return (
        Array.isArray(given.roots) &&
        given.roots.every((root: unknown) => isRecord(root) && typeof root.uri === 'string')
      );
    case 'sampling/createMessage':
      return (
        (given.role === 'assistant' || given.role === 'user') &&
        typeof given.model === 'string' &&
        (isRecord(given.content) || Array.isArray(given.content))
      );
    case 'elicitation/create': {
      const { action, content } = given;
      if (action === 'decline' || action === 'cancel') return true;
      if (action !== 'accept') return false;
      if (question.params.mode === 'url') return true;
      return fits(question.params.requestedSchema, content);
    }
  }
}

function modeOf({ params }: Extract<Question, { method: 'elicitation/create' }>): 'form' | 'url' {
  return params.mode === 'url' ? 'url' : 'form';
}
