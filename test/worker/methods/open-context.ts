import assert from 'node:assert/strict';

import { silent } from '../../../src/shared/logger.ts';
import type { Change } from '../../../src/worker/domain/change.ts';
import type { CallContext, Context } from '../../../src/worker/domain/context.ts';
import type { LogLevel } from '../../../src/worker/domain/log-level.ts';
import { inContext } from '../../../src/worker/methods/context.ts';
import type { Params } from '../../../src/worker/protocol/frame.ts';
import type { Revision } from '../../../src/worker/protocol/revisions.ts';
import { checkNotification } from '../../support/check-messages.ts';
import { callOf } from './conversation.ts';

interface Given {
  readonly revision?: Revision;
  readonly logLevel?: LogLevel | undefined;
  readonly meta?: unknown;
}

/** A context, and what is said through it, which is held to the schema of its revision. `end` ends the call. */
export function openContext({ revision = '2025-11-25', logLevel, meta }: Given) {
  const said: Params[] = [];
  const dropped: string[] = [];
  const announced: Change[] = [];
  const opened: CallContext[] = [];
  const ended = Promise.withResolvers<void>();
  const call = callOf({
    revision,
    logLevel,
    notify: async (method, params) => {
      checkNotification(revision, { jsonrpc: '2.0', method, params });
      said.push(params);
    },
  });
  const options = {
    log: silent,
    announce: async (change: Change) => {
      announced.push(change);
    },
    observer: {
      drop: (method: string) => {
        dropped.push(method);
      },
    },
  };
  const asked = { params: { _meta: meta }, call, ask: askNobody };
  const over = inContext(asked, options, (context) => {
    opened.push(context);
    return ended.promise;
  });
  const end = (): Promise<void> => {
    ended.resolve();
    return over;
  };
  const [context] = opened;
  assert.ok(context !== undefined);
  return { ...context, said, dropped, announced, end };
}

const askNobody: Context['ask'] = () => Promise.reject(new Error('Nobody is asked in this test'));
