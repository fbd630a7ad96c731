import { Failure } from '../../shared/errors.ts';
import { fingerprintOf } from '../../shared/fingerprint.ts';
import type { Principal } from '../domain/principal.ts';
import { type AnswersTo, type Ask, InputRequired, type Questions } from '../domain/question.ts';
import type { Bond, Seal } from '../domain/seal.ts';
import { RpcCode, RpcError } from '../protocol/errors.ts';
import { isRecord, type Params } from '../protocol/frame.ts';
import type { Call } from '../protocol/methods.ts';
import { isAnswerTo, missingCapability } from './questions.ts';

/** Whoever answers later begins anew. */
const STATE_TTL_MS = 900_000;
/** Rounds of questions in one call. */
const ROUNDS_MAX = 16;

export interface AskOverRequestsOptions {
  readonly method: string;
  /** What was asked for: the same question about something else is another. */
  readonly subject: string;
  readonly given: unknown;
  readonly seal: Seal;
}

/**
 * Asks over requests of the other end, in the modern era (2026-07-28, patterns/mrtr): what is not answered
 * yet becomes the result, and the answers come with another request for the same. What was
 * answered before travels along in `requestState`, which nobody but us can read or change.
 */
export async function askOverRequests(
  params: Params,
  { caller, capabilities }: Call<Principal>,
  { method, subject, given, seal }: AskOverRequestsOptions,
  work: (ask: Ask) => Promise<object>,
): Promise<object> {
  const bond: Bond = {
    purpose: 'request-state',
    to: `${caller.id}\0${fingerprintOf(method, subject, given)}`,
  };
  const state = openState(params, seal, bond);
  const responses = responsesOf(params);
  const answers: Record<string, unknown> = { ...state.answers };

  const ask: Ask = async <const Asked extends Questions>(questions: Asked) => {
    const open: Record<string, Questions[string]> = {};
    for (const [name, question] of Object.entries(questions)) {
      const known = Object.hasOwn(answers, name) ? answers[name] : undefined;
      // What was answered once may be no answer any more: the choices may be others now.
      const answer = isAnswerTo(question, known) ? known : responses.get(name);
      if (isAnswerTo(question, answer)) answers[name] = answer;
      else open[name] = question;
    }
    if (Object.keys(open).length > 0) throw new InputRequired(open);
    const all = Object.keys(questions).map((name) => [name, answers[name]]);
    // oxlint-disable-next-line no-unsafe-type-assertion -- each was looked at: it answers its question
    return Object.fromEntries(all) as AnswersTo<Asked>;
  };

  try {
    return await work(ask);
  } catch (error) {
    if (!(error instanceof InputRequired)) throw error;
    const { questions } = error;
    refuseUnlessAble(questions, capabilities);
    if (state.round >= ROUNDS_MAX) {
      throw new Failure('limited', `No more than ${ROUNDS_MAX} rounds of questions are asked`);
    }
    const next = { round: state.round + 1, answers };
    return {
      resultType: 'input_required',
      inputRequests: questions,
      requestState: seal.close(next, bond, STATE_TTL_MS),
    };
  }
}

interface State {
  readonly round: number;
  readonly answers: Readonly<Record<string, unknown>>;
}

function openState({ requestState }: Params, seal: Seal, bond: Bond): State {
  if (requestState === undefined) return { round: 0, answers: {} };
  const state = typeof requestState === 'string' ? seal.open(requestState, bond) : undefined;
  if (!isRecord(state) || typeof state.round !== 'number' || !isRecord(state.answers)) {
    throw new Failure('invalid', 'This requestState is not of ours, or not of this request');
  }
  return { round: state.round, answers: state.answers };
}

function responsesOf({ inputResponses = {} }: Params): ReadonlyMap<string, unknown> {
  if (!isRecord(inputResponses)) {
    throw new Failure('invalid', 'inputResponses must be an object');
  }
  return new Map(Object.entries(inputResponses));
}

function refuseUnlessAble(questions: Questions, capabilities: Params): void {
  const requiredCapabilities: Record<string, object> = {};
  for (const question of Object.values(questions)) {
    const missing = missingCapability(question, capabilities) ?? {};
    for (const [name, settings] of Object.entries(missing)) {
      // Two questions may need two modes of one capability.
      requiredCapabilities[name] = { ...requiredCapabilities[name], ...settings };
    }
  }
  if (Object.keys(requiredCapabilities).length === 0) return;
  throw new RpcError(RpcCode.MissingCapability, 'The client would have to declare a capability', {
    requiredCapabilities,
  });
}
