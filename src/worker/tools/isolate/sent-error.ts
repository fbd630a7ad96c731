import type { SentError } from './task.ts';

/** Longer ones are of those who put data into the texts of errors. */
const TEXT_LENGTH_MAX = 8_192;

/** Makes of anything thrown what can cross. */
export function encodeError(thrown: unknown): SentError {
  if (!(thrown instanceof Error)) {
    return { name: 'Error', message: shorten(thrown), stack: undefined };
  }
  const { name, message, stack } = thrown;
  return {
    name: shorten(name),
    message: shorten(message),
    stack: typeof stack === 'string' ? shorten(stack) : undefined,
  };
}

/** Makes an error of it again, with the stack it had. */
export function decodeError({ name, message, stack }: SentError): Error {
  return Object.assign(new Error(message), { name, stack });
}

function shorten(text: unknown): string {
  // Whoever throws may have made it of anything.
  return String(text).slice(0, TEXT_LENGTH_MAX);
}
