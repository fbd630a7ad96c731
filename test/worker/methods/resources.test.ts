import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { defineResource, type Resource } from '../../../src/worker/resources/resource.ts';
import {
  type Conversation,
  converse,
  errorOf,
  HELLO,
  openConversation,
  resultOf,
} from './conversation.ts';
import { ERAS, essenceOf } from './eras.ts';

const plain = defineResource({
  uri: 'file:///b.txt',
  name: 'b',
  title: 'B',
  description: 'A text.',
  mimeType: 'text/plain',
  icons: [{ src: 'https://icons.example/b.png' }],
  annotations: { audience: ['user'], priority: 0.5 },
  size: 3,
  read: async () => 'abc',
});
const bytes = defineResource({
  uri: 'file:///a.bin',
  name: 'a',
  read: async () => new Uint8Array([0, 255, 16]),
});
const many = defineResource({
  uri: 'file:///notes/{id}',
  name: 'note',
  mimeType: 'text/plain',
  read: async ({ variables: { id } }) => (id === 'none' ? undefined : `note ${id}`),
});
const deep = defineResource({
  uri: 'tree:///{+path}',
  name: 'tree',
  read: async ({ uri, variables }) => ({ contents: [{ uri, text: JSON.stringify(variables) }] }),
});
const exact = defineResource({ uri: 'file:///notes/7', name: 'seven', read: async () => 'seven' });
const secret = defineResource({
  uri: 'file:///secret',
  name: 'secret',
  scope: 'vault',
  read: async () => 'told',
});
const broken = defineResource({
  uri: 'file:///broken',
  name: 'broken',
  read: async () => {
    throw new Error('password=hunter2');
  },
});

const RESOURCES = [plain, bytes, many, deep, exact, secret, broken];
const nobody = { id: 'ann', scopes: new Set<string>() };

/** The result of a list, without what the era says beside. */
async function list({ ask }: Conversation, method: string, params: object) {
  const { resources = [], resourceTemplates = resources } = essenceOf(
    resultOf(await ask(method, params)),
  );
  assert.ok(Array.isArray(resourceTemplates));
  return resourceTemplates;
}

for (const [revision, inEra] of ERAS) {
  suite(`resources in ${revision}`, () => {
    test('are listed in order of their URIs, templates apart', async () => {
      const conversation = await converse({ resources: RESOURCES });
      const uris = await list(conversation, 'resources/list', inEra());
      assert.deepEqual(
        uris.map(({ uri }) => uri),
        ['file:///a.bin', 'file:///b.txt', 'file:///broken', 'file:///notes/7', 'file:///secret'],
      );
      const templates = await list(conversation, 'resources/templates/list', inEra());
      assert.deepEqual(
        templates.map(({ uriTemplate }) => uriTemplate),
        ['file:///notes/{id}', 'tree:///{+path}'],
      );
    });

    test('are listed with all that there is to say of them', async () => {
      const conversation = await converse({ resources: [plain] });
      assert.deepEqual(await list(conversation, 'resources/list', inEra()), [
        {
          uri: 'file:///b.txt',
          name: 'b',
          title: 'B',
          description: 'A text.',
          mimeType: 'text/plain',
          icons: [{ src: 'https://icons.example/b.png' }],
          annotations: { audience: ['user'], priority: 0.5 },
          size: 3,
        },
      ]);
    });

    for (const [uri, contents] of [
      ['file:///b.txt', [{ uri: 'file:///b.txt', mimeType: 'text/plain', text: 'abc' }]],
      ['file:///a.bin', [{ uri: 'file:///a.bin', blob: 'AP8Q' }]],
      ['file:///notes/8', [{ uri: 'file:///notes/8', mimeType: 'text/plain', text: 'note 8' }]],
      ['file:///notes/7', [{ uri: 'file:///notes/7', text: 'seven' }]],
      ['tree:///a/b', [{ uri: 'tree:///a/b', text: '{"path":"a/b"}' }]],
    ] as const) {
      test(`are read: ${uri}`, async () => {
        const { ask } = await converse({ resources: RESOURCES });
        const result = resultOf(await ask('resources/read', inEra({ uri })));
        assert.deepEqual(essenceOf(result), { contents });
      });
    }

    const code = revision === '2026-07-28' ? -32602 : -32002;
    for (const uri of [
      'file:///none',
      'file:///notes/none',
      'file:///notes/',
      'file:///notes/{id}/',
      'file:///notes/%zz',
      'toString',
      '__proto__',
      '',
    ]) {
      test(`are not found at "${uri}", and the code is ${code}`, async () => {
        const { ask, lines } = await converse({ resources: RESOURCES });
        const error = errorOf(await ask('resources/read', inEra({ uri })));
        assert.deepEqual(error, { code, message: 'Resource not found', data: { uri } });
        assert.deepEqual(lines, []);
      });
    }

    test('are not there for one who lacks the scope', async () => {
      const conversation = await converse({ resources: [secret, plain] }, nobody);
      const uris = await list(conversation, 'resources/list', inEra());
      assert.deepEqual(
        uris.map(({ uri }) => uri),
        ['file:///b.txt'],
      );
      const answer = await conversation.ask('resources/read', inEra({ uri: 'file:///secret' }));
      assert.equal(errorOf(answer).code, code);
    });

    for (const uri of [undefined, null, 7, {}, ['file:///b.txt']]) {
      test(`are not read by ${JSON.stringify(uri)}`, async () => {
        const { ask } = await converse({ resources: RESOURCES });
        assert.equal(errorOf(await ask('resources/read', inEra({ uri }))).code, -32602);
      });
    }

    test('that fail as nobody foresaw keep their text to the log', async () => {
      const { ask, lines } = await converse({ resources: RESOURCES });
      const error = errorOf(await ask('resources/read', inEra({ uri: 'file:///broken' })));
      assert.equal(error.code, -32603);
      assert.doesNotMatch(JSON.stringify(error), /hunter2/);
      assert.deepEqual(
        lines.map(({ level }) => level),
        ['error'],
      );
    });
  });
}

/** A resource that is never done, and what it was given. */
function openSlow(): { resource: Resource; begun: Promise<void>; signals: AbortSignal[] } {
  const begun = Promise.withResolvers<void>();
  const signals: AbortSignal[] = [];
  const resource = defineResource({
    uri: 'slow:it',
    name: 'slow',
    read: (_address, { signal }) => {
      signals.push(signal);
      begun.resolve();
      return new Promise(() => undefined);
    },
  });
  return { resource, begun: begun.promise, signals };
}

suite('reading a resource', () => {
  const request = {
    jsonrpc: '2.0',
    id: 'read',
    method: 'resources/read',
    params: { uri: 'slow:it' },
  };

  test('ends when it is cancelled, and nobody has to act on that', async () => {
    const { resource, begun, signals } = openSlow();
    const { peer, sent, lines } = await converse({ resources: [resource] });
    const reading = peer.receive(JSON.stringify(request));
    await begun;
    const params = { requestId: 'read' };
    await peer.receive(
      JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params }),
    );
    await reading;
    assert.equal(signals[0]?.aborted, true);
    assert.equal(sent.length, 1);
    assert.deepEqual(lines, []);
  });

  test('that takes over half a minute is answered with 504', async (t) => {
    const { resource, begun } = openSlow();
    const { peer, sent } = await converse({ resources: [resource] });
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const reading = peer.receive(JSON.stringify(request));
    await begun;
    t.mock.timers.tick(30_000);
    await reading;
    const answer = sent.at(-1);
    assert.ok(answer !== undefined && 'error' in answer);
    assert.equal(answer.error.code, 504);
  });
});

suite('subscribing to a resource', () => {
  for (const method of ['resources/subscribe', 'resources/unsubscribe']) {
    for (const uri of [undefined, 7, '', 'no uri', 'x:'.padEnd(4_097, 'y')]) {
      test(`takes a URI: ${method} refuses ${JSON.stringify(uri)?.slice(0, 20)}`, async () => {
        const { ask } = await converse({});
        assert.equal(errorOf(await ask(method, { uri })).code, -32602);
      });
    }

    test(`is of the legacy era: ${method} is not found in 2026-07-28`, async () => {
      const { ask } = openConversation();
      const [, [, inModern]] = ERAS as readonly [unknown, (typeof ERAS)[number]];
      assert.equal(errorOf(await ask(method, inModern({ uri: 'a:b' }))).code, -32601);
    });
  }

  test('is of what a conversation needs a handshake for', async () => {
    const { ask } = openConversation();
    assert.equal(errorOf(await ask('resources/subscribe', { uri: 'a:b' })).code, -32602);
    resultOf(await ask('initialize', HELLO));
    resultOf(await ask('resources/subscribe', { uri: 'a:b' }));
  });

  test('ends at 1,000, and one of them may be said again', async () => {
    const { ask } = await converse({});
    for (let count = 0; count < 1_000; count += 1) {
      // Each comes after the one before.
      // oxlint-disable-next-line no-await-in-loop -- see above
      resultOf(await ask('resources/subscribe', { uri: `a:${count}` }));
    }
    assert.equal(errorOf(await ask('resources/subscribe', { uri: 'a:more' })).code, 429);
    resultOf(await ask('resources/subscribe', { uri: 'a:1' }));
    resultOf(await ask('resources/unsubscribe', { uri: 'a:1' }));
    resultOf(await ask('resources/subscribe', { uri: 'a:more' }));
  });
});
