import { Failure } from '../../shared/errors.ts';
import type { Tool } from './tool.ts';

const DAY_MS = 86_400_000;
const CONCURRENCY_MAX = 10_000;
const RETRIES_MAX = 10;

/** Throws a `Failure` that names the tool and the first setting that makes no sense. Authors need not write TypeScript. */
export function assertSettings(tool: Tool): void {
  const fault = findFault(tool);
  if (fault !== undefined) throw new Failure('invalid', `The tool "${tool.name}" ${fault}`);
}

function findFault({
  description,
  timeoutMs,
  concurrencyMax,
  isolate,
  retries,
  annotations,
}: Tool): string | undefined {
  if (typeof description !== 'string' || description.trim() === '') {
    return 'has no description, which is what a model decides by';
  }
  if (!isWhole(timeoutMs, 1, DAY_MS)) return `has a timeoutMs that is not from 1 to ${DAY_MS}`;
  if (concurrencyMax !== undefined && !isWhole(concurrencyMax, 1, CONCURRENCY_MAX)) {
    return `has a concurrencyMax that is not from 1 to ${CONCURRENCY_MAX}`;
  }
  if (!['inline', 'thread'].includes(isolate)) {
    return 'has an isolate that is neither "inline" nor "thread"';
  }
  if (!isWhole(retries, 0, RETRIES_MAX)) return `has retries that are not from 0 to ${RETRIES_MAX}`;
  if (retries > 0 && annotations?.idempotentHint !== true && annotations?.readOnlyHint !== true) {
    return 'is tried again only if it has idempotentHint or readOnlyHint: what is done twice has to be as if done once';
  }
  return undefined;
}

function isWhole(value: number, min: number, max: number): boolean {
  return Number.isSafeInteger(value) && value >= min && value <= max;
}
