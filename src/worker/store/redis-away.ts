import { unlessLate } from '../../shared/abort.ts';

/** First words of the answers by which Redis says that it does not serve: not now, or not us. */
const NOT_SERVING: ReadonlySet<string> = new Set([
  'BUSY',
  'CLUSTERDOWN',
  'LOADING',
  'MASTERDOWN',
  'MISCONF',
  'NOAUTH',
  'NOPERM',
  'NOREPLICAS',
  'OOM',
  'READONLY',
  'TRYAGAIN',
  'WRONGPASS',
]);

/** What Redis answers, or nothing while it is away. What it finds wrong with the question is a bug of ours, and thrown. */
export async function unlessAway<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isAway(error)) return undefined;
    throw error;
  }
}

/** Does so within a time, after which Redis counts as away: for what can be done without it. */
export async function unlessAwayFor<Answer>(
  ms: number,
  asked: Promise<Answer>,
): Promise<Answer | undefined> {
  return unlessAway(unlessLate(asked, ms));
}

/** Whether what was thrown means that Redis does not serve us now. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // What is no answer of Redis is a connection that is not there, or a time that is over.
  if (error.name !== 'ReplyError') return true;
  const [word = ''] = error.message.split(' ');
  return NOT_SERVING.has(word);
}
