import { crashClassOf } from '../shared/crash-class.ts';
import { codeOf, Failure } from '../shared/errors.ts';
import type { FromWorker } from '../shared/ipc.ts';

type LastWords = Extract<FromWorker, { type: 'fatal' }>;

export interface LastWordsOptions {
  /** Whether agents are served: what fails then, nobody foresaw. */
  readonly isServing: boolean;
  /** Those that may have ended us. */
  readonly calls: LastWords['calls'];
  readonly redact: (text: string) => string;
}

/** They have to fit into one message. */
const STACK_LENGTH_MAX = 4_000;
const CAUSE_LENGTH_MAX = 2_000;

/** What a worker tells its supervisor of the error that ends it. */
export function lastWordsOf(
  error: unknown,
  { isServing, calls, redact }: LastWordsOptions,
): LastWords {
  const failure = error instanceof Failure ? error : undefined;
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return {
    type: 'fatal',
    class: isServing && failure === undefined ? 'uncaught' : crashClassOf(error),
    code: codeOf(error),
    message: redact(failure === undefined ? `${name}: ${message}` : message).slice(
      0,
      CAUSE_LENGTH_MAX,
    ),
    stack: stack === undefined ? undefined : redact(stack).slice(0, STACK_LENGTH_MAX),
    remedy: failure?.remedy,
    calls,
  };
}
