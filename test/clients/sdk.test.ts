/** Both official SDKs, over both transports, in every mode they have: the same is true of all of them. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';

import { createDatabase } from '../postgres.ts';
import {
  type Holdfast,
  MISBEHAVING_TOOLS,
  startHoldfast,
  suiteServers,
} from '../process/holdfast.ts';
import { calls } from './behaviours/calls.ts';
import { changes } from './behaviours/changes.ts';
import { lists } from './behaviours/lists.ts';
import { questions } from './behaviours/questions.ts';
import { resources } from './behaviours/resources.ts';
import { writeMany } from './many.ts';
import type { Connect } from './sdk-client.ts';
import * as first from './sdk-v1.ts';
import * as second from './sdk-v2.ts';

const FIXTURE = join(import.meta.dirname, '../conformance/fixture');
const OFFERED = join(import.meta.dirname, 'offered');
const WORKERS = 2;
/** In so many, each worker has its turn. */
const CALLS_MAX = 20;
/** Tests do nothing most of the time but wait. */
const TESTS_AT_ONCE = 8;
const TEST_MS = 30_000;
const POLL_MS = 10;
const WAIT_MS = 10_000;
const LEGACY = '2025-11-25';
const MODERN = '2026-07-28';
const PINNED = { pin: MODERN };

/** What is asked of each client. */
const BEHAVIOURS = Object.entries({ ...lists, ...calls, ...questions, ...resources, ...changes });

interface Kind {
  readonly name: string;
  readonly connect: Connect;
  readonly revision: string;
  /** How many workers its requests come to. */
  readonly workers: number;
}

const KINDS: readonly Kind[] = [
  socket('SDK 1.32', first.connectOverWebSocket, LEGACY),
  http('SDK 1.32', first.connectOverHttp, LEGACY),
  socket('client 2.4 in legacy mode', second.connectOverWebSocket('legacy'), LEGACY),
  http('client 2.4 in legacy mode', second.connectOverHttp('legacy'), LEGACY),
  socket('client 2.4 in auto mode', second.connectOverWebSocket('auto'), MODERN),
  http('client 2.4 in auto mode', second.connectOverHttp('auto'), MODERN),
  socket('client 2.4 pinned to 2026-07-28', second.connectOverWebSocket(PINNED), MODERN),
  http('client 2.4 pinned to 2026-07-28', second.connectOverHttp(PINNED), MODERN),
];

function socket(name: string, connect: Connect, revision: string): Kind {
  return { name: `${name} over WebSocket`, connect, revision, workers: 1 };
}

function http(name: string, connect: Connect, revision: string): Kind {
  return { name: `${name} over Streamable HTTP`, connect, revision, workers: WORKERS };
}

suite('the official SDKs', () => {
  let opened: AsyncDisposableStack;
  let holdfast: Holdfast;
  let port: number;
  before(async () => {
    opened = new AsyncDisposableStack();
    const { url } = opened.use(await createDatabase());
    const { file } = opened.use(writeMany());
    holdfast = opened.use(
      startHoldfast({
        env: {
          ...suiteServers(url),
          MCP_TOOLS: [FIXTURE, OFFERED, file, MISBEHAVING_TOOLS].join(','),
          MCP_WORKERS: String(WORKERS),
        },
      }),
    );
    port = await holdfast.serving;
  });
  after(() => opened.disposeAsync());

  for (const { name, connect, revision, workers } of KINDS) {
    suite(name, { concurrency: TESTS_AT_ONCE }, () => {
      test('agrees on a revision', async () => {
        await using client = await connect({ port, isAskable: true });
        assert.equal(client.revision, revision);
      });

      test(`is served by ${workers === 1 ? 'one worker' : 'all workers'}`, async () => {
        await using client = await connect({ port, isAskable: true });
        const pids = new Set<unknown>();
        for (let call = 0; call < CALLS_MAX && pids.size < WORKERS; call += 1) {
          const { texts } = await client.callTool('who_serves');
          pids.add(texts[0]);
        }
        assert.equal(pids.size, workers);
      });

      test('is told what it would have to be able to do', async () => {
        await using client = await connect({ port, isAskable: false });
        const call = client.callTool('test_missing_capability');
        if (client.era === 'legacy') {
          assert.match((await call).texts.join(' '), /does not support sampling/);
          return;
        }
        await assert.rejects(call, {
          code: -32021,
          data: { requiredCapabilities: { sampling: {} } },
        });
      });

      for (const [sentence, prove] of BEHAVIOURS) {
        test(sentence, { timeout: TEST_MS }, async (t) => {
          await using client = await connect({ port, isAskable: true });
          const waitFor = async (proof: () => void): Promise<void> => {
            await t.waitFor(proof, { interval: POLL_MS, timeout: WAIT_MS });
          };
          await prove({ client, log: holdfast.log, waitFor });
          assert.deepEqual(client.troubles, []);
        });
      }
    });
  }

  test('leave nothing in the log that should not have happened', () => {
    const troubles = holdfast.log().filter(({ level }) => level === 'error' || level === 'warn');
    assert.deepEqual(troubles, []);
  });
});
