import { Failure } from '../shared/errors.ts';
import type { Fault } from '../shared/proof.ts';
import {
  isListOf,
  isNullable,
  isNumber,
  isObject,
  isOneOf,
  isOptional,
  isShaped,
  isString,
  type Shaped,
} from '../shared/shape.ts';
import { ask } from './ask.ts';
import type { Admin } from './find-admin.ts';

const ENTRY = {
  kind: isOneOf(['tool', 'resource', 'prompt']),
  name: isString,
  description: isNullable(isString),
  scope: isNullable(isString),
  source: isString,
  definition: isString,
  told: isNullable(isObject),
} as const;
/** One thing that a running Holdfast offers to agents. */
export type ServedEntry = Shaped<typeof ENTRY>;

const isDetails = isShaped({
  toolGeneration: isNullable(isString),
  entries: isNullable(isListOf(isShaped(ENTRY))),
});

const FAULT = {
  file: isOptional(isNullable(isString)),
  line: isOptional(isNullable(isNumber)),
  column: isOptional(isNullable(isNumber)),
  subject: isOptional(isNullable(isString)),
  message: isString,
} as const;
/** Whether a value from outside is a list of faults, in which what is unknown is null. */
export const isFaults = isListOf(isShaped(FAULT));

/** Asks a running Holdfast what it offers. Throws a `Failure` if it does not say, or has not loaded it yet. */
export async function askServed(admin: Admin): Promise<readonly ServedEntry[]> {
  const answer = await ask(admin, '/supervisor/tools');
  if (!isDetails(answer)) {
    throw new Failure(
      'unavailable',
      `${admin.url.origin} answers with tools that this version of holdfast cannot read`,
    );
  }
  if (answer.entries !== null) return answer.entries;
  throw new Failure('unavailable', 'No worker has loaded the tools yet', {
    remedy: 'See "holdfast state".',
  });
}

/** A fault as JSON has it, where what is unknown is null. */
export function faultOf({ message, ...place }: Shaped<typeof FAULT>): Fault {
  return {
    file: place.file ?? undefined,
    line: place.line ?? undefined,
    column: place.column ?? undefined,
    subject: place.subject ?? undefined,
    message,
  };
}
