import { Failure } from '../../shared/errors.ts';
import { inTime } from '../domain/in-time.ts';
import type { Principal } from '../domain/principal.ts';
import type { AnswersTo, Ask, Question, Questions } from '../domain/question.ts';
import { RpcError } from '../protocol/errors.ts';
import type { Params } from '../protocol/frame.ts';
import type { Call } from '../protocol/methods.ts';
import { canBeAsked, isAnswerTo, missingCapability } from './questions.ts';

/** A user may be slow; a call may still be over before. */
const ANSWER_MS_MAX = 600_000;

/** Asks with requests of ours, in the legacy era. */
export function askWithRequests(call: Call<Principal>): Ask {
  return async <const Asked extends Questions>(questions: Asked) => {
    for (const question of Object.values(questions)) refuseUnlessAble(question, call);
    const answers = await inTime('Asking', ANSWER_MS_MAX, call.signal, async ({ signal }) => {
      const others = new AbortController();
      const until = AbortSignal.any([signal, others.signal]);
      const asking = Object.entries(questions).map(async ([name, question]) => {
        return [name, await askOne(question, call, until)] as const;
      });
      try {
        return await Promise.all(asking);
      } finally {
        // Where one is not answered, nobody waits for the others.
        others.abort(new Error('Another question was not answered'));
      }
    });
    // oxlint-disable-next-line no-unsafe-type-assertion -- each was looked at: it answers its question
    return Object.fromEntries(answers) as AnswersTo<Asked>;
  };
}

async function askOne(
  question: Question,
  { askParty }: Call<Principal>,
  signal: AbortSignal,
): Promise<unknown> {
  try {
    const answer = await askParty(question.method, paramsOf(question), signal);
    if (isAnswerTo(question, answer)) return answer;
  } catch (error) {
    // The other end's own words are not for our callers.
    if (error instanceof RpcError) throw refused(question, error);
    throw error;
  }
  throw refused(question);
}

/** A visit to a page has an id in the legacy era (2025-11-25, schema: `ElicitRequestURLParams`). */
function paramsOf({ params = {} }: Question): Params {
  return 'mode' in params && params.mode === 'url'
    ? { ...params, elicitationId: crypto.randomUUID() }
    : { ...params };
}

/** What cannot be asked is told to the model: it may do without. */
function refuseUnlessAble(question: Question, { revision, capabilities }: Call<Principal>): void {
  if (canBeAsked(question, revision) && missingCapability(question, capabilities) === undefined) {
    return;
  }
  throw new Failure('conflict', `This client does not support ${question.method}`);
}

function refused({ method }: Question, cause?: unknown): Failure {
  return new Failure('conflict', `This client gave no answer to ${method}`, { cause });
}
