/** Threads that run the tools of our fixture, and what becomes of them. */
import assert from 'node:assert/strict';
import { join } from 'node:path';

import { Failure, type FailureCode } from '../../../../src/shared/errors.ts';
import type { CallContext } from '../../../../src/worker/domain/context.ts';
import { Threads, type ThreadsOptions } from '../../../../src/worker/tools/isolate/threads.ts';
import type { RegisteredTool } from '../../../../src/worker/tools/registry.ts';
import { isTool, type ToolOutput } from '../../../../src/worker/tools/tool.ts';
import { type Line, recordLog } from '../../recorded-log.ts';
import { contextOf, register } from '../tool-context.ts';
import * as fixture from './fixtures/isolated.ts';

const SOURCE = join(import.meta.dirname, 'fixtures/isolated.ts');
const MIB = 1_048_576;

export interface CallOptions {
  readonly given?: Readonly<Record<string, unknown>>;
  readonly context?: Partial<CallContext>;
  readonly signal?: AbortSignal;
  readonly version?: string;
  /** What the thread is to look for, if it is not what it should. */
  readonly exportName?: string;
}

export class Isolated implements AsyncDisposable {
  readonly lines: readonly Line[];
  /** Why threads were ended, each with its tool. */
  readonly ends: string[] = [];
  readonly refusals: string[] = [];
  readonly threads: Threads;
  /** The time, as the threads are told. */
  now = 0;

  constructor(options: Partial<ThreadsOptions> = {}) {
    const { log, lines } = recordLog();
    this.lines = lines;
    this.threads = new Threads({
      threads: 1,
      memoryBytesMax: 128 * MIB,
      resultBytesMax: 100_000,
      queueMax: 100,
      observer: {
        endThread: (tool, why) => {
          this.ends.push(`${tool}: ${why}`);
        },
        refuse: (limit) => {
          this.refusals.push(limit);
        },
      },
      log,
      now: () => this.now,
      ...options,
    });
  }

  async call(name: keyof typeof fixture, options: CallOptions = {}): Promise<ToolOutput> {
    const { given = {}, context, signal = new AbortController().signal } = options;
    return this.threads.run(registered(name, options), given, contextOf(context), signal);
  }

  /** The same, of a tool that answers an object. */
  async ask(
    name: keyof typeof fixture,
    options: CallOptions = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    const output = await this.call(name, options);
    assert.ok(typeof output === 'object');
    return { ...output };
  }

  said(message: string): readonly Line[] {
    return this.lines.filter((line) => line.message === message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.threads[Symbol.asyncDispose]();
  }
}

export function isFailure(code: FailureCode, text: RegExp, cause?: RegExp) {
  return (thrown: unknown): boolean => {
    assert.ok(thrown instanceof Failure, String(thrown));
    assert.equal(thrown.code, code);
    assert.match(thrown.message, text);
    if (cause !== undefined) assert.match(String(thrown.cause), cause);
    return true;
  };
}

function registered(
  name: keyof typeof fixture,
  { version = 'v1', exportName = name }: CallOptions,
): RegisteredTool {
  const tool = new Map<string, unknown>(Object.entries(fixture)).get(name);
  assert.ok(isTool(tool));
  return { ...register(tool), origin: { source: SOURCE, version, exportName } };
}
