import { codeOf, Failure, type FailureCode } from '../../../shared/errors.ts';

type Told = readonly [FailureCode, string];

/**
 * What a model is told of what Postgres says (SQLSTATE; Postgres, appendix A), in our words: those of Postgres name tables
 * and constraints, and quote what is in them.
 */
const TOLD: Readonly<Record<string, Told>> = {
  '22001': ['invalid', 'A text is longer than what it is kept in'],
  '22003': ['invalid', 'A number is out of range'],
  '22007': ['invalid', 'A date or time is not written as one: use ISO 8601'],
  '22008': ['invalid', 'A date or time does not exist, or is out of range'],
  '22012': ['invalid', 'These arguments lead to a division by zero'],
  '22021': ['invalid', 'A text has a character in it that cannot be kept'],
  '22023': ['invalid', 'An argument is out of range'],
  '2201B': ['invalid', 'A regular expression is not valid'],
  '2201W': ['invalid', 'A limit is negative'],
  '2201X': ['invalid', 'An offset is negative'],
  '22P02': ['invalid', 'An argument is not written as its type is'],
  '22P05': ['invalid', 'A text has a character in it that cannot be kept'],
  '23502': ['invalid', 'Something is missing that is needed'],
  '23503': ['conflict', 'What this refers to does not exist, or something else refers to it'],
  '23505': ['conflict', 'There is one like this already'],
  '23514': ['invalid', 'A value is not one that is allowed'],
  '23P01': ['conflict', 'There is one already that this is in the way of'],
  // Two calls were in each other's way, and nothing of this one was kept.
  '40001': ['unavailable', 'The database was busy with something else'],
  '40P01': ['unavailable', 'The database was busy with something else'],
  '55P03': ['unavailable', 'The database was busy with something else'],
};
/** Of the others of these classes: faults of data, broken constraints, and what is too much for Postgres. */
const CLASSES: Readonly<Record<string, Told>> = {
  '22': ['invalid', 'The database cannot work with these arguments'],
  '23': ['conflict', 'This does not go with what is there already'],
  '54': ['invalid', 'These arguments lead to something too large'],
};

/** What a caller may know of what went wrong with a statement that was fit when it was loaded. What is left is a bug in it. */
export function explainStatement(error: unknown): unknown {
  if (error instanceof Failure) return error;
  const state = codeOf(error) ?? '';
  const [code, message] = TOLD[state] ?? CLASSES[state.slice(0, 2)] ?? [];
  if (code === undefined || message === undefined) return error;
  return new Failure(code, message, { cause: error });
}
