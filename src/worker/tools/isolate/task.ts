/** What goes between a worker and its threads. Everything here can be cloned. */
import type { MessagePort } from 'node:worker_threads';

import type { FailureCode } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/logger.ts';
import { isOptional, isShaped, isString, type Shaped } from '../../../shared/shape.ts';
import type { Principal } from '../../domain/principal.ts';
import type { TraceContext } from '../../domain/trace.ts';
import type { SourceFile } from '../load/source.ts';
import type { EncodedOutput } from './output.ts';

/** What a thread is started with. */
export interface ThreadSettings {
  readonly resultBytesMax: number;
}

/** One call. */
export interface Task {
  /** The name of the tool. */
  readonly tool: string;
  readonly file: SourceFile;
  readonly exportName: string;
  readonly given: Readonly<Record<string, unknown>>;
  readonly principal: Principal;
  readonly trace: TraceContext | undefined;
  /** Where the call says how far it is, and what it logs. */
  readonly port: MessagePort;
}

const SENT_ERROR = {
  name: isString,
  message: isString,
  stack: isOptional(isString),
} as const;
/** An error as it crosses. */
export type SentError = Shaped<typeof SENT_ERROR>;

/** How a call ended that its thread survived. */
export type Answered =
  | { readonly kind: 'output'; readonly output: EncodedOutput }
  | {
      readonly kind: 'failure';
      readonly code: FailureCode;
      readonly message: string;
      readonly retryAfterMs: number | undefined;
    }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'bug'; readonly error: SentError };

/** Why a thread is not fit for another call: something was thrown that nobody waited for, or prototypes were changed. */
export type Spoilt =
  | { readonly why: 'threw' }
  | { readonly why: 'polluted'; readonly changed: readonly string[] };

/** What a thread answers. */
export type Outcome = Answered & { readonly spoilt: Spoilt | undefined };

/** Said while a call runs. Fields are JSON. */
export type Said =
  | {
      readonly type: 'progress';
      readonly progress: number;
      readonly total: number | undefined;
      readonly message: string | undefined;
    }
  | {
      readonly type: 'log';
      readonly level: keyof Logger;
      readonly message: string;
      readonly fields: string | undefined;
    };

const LATE = {
  /** Absent where it cannot be told. */
  tool: isOptional(isString),
  error: isShaped(SENT_ERROR),
} as const;
/** Said by a thread of its own accord: what a call left running threw. */
export type Late = Shaped<typeof LATE>;
/** Whether it is that. */
export const isLate = isShaped(LATE);
