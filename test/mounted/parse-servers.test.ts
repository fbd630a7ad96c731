import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { LoadFailure } from '../../src/worker/tools/load/load-failure.ts';
import { parseServers } from '../../src/worker/tools/mounted/parse-servers.ts';

const FILE = '/srv/tools/servers.json';
const SECRET = 'canary-5e1f7c0ffee';
const ENVIRONMENT = {
  PATH: '/bin',
  HOME: '/home/ann',
  DATABASE_URL: 'postgres://x',
  DOCS_TOKEN: SECRET,
  EMPTY: '',
  REGION: 'eu-west-1',
};

const parse = (content: unknown) =>
  parseServers(typeof content === 'string' ? content : JSON.stringify(content), {
    file: FILE,
    environment: ENVIRONMENT,
  });
const parseOne = (server: object) => {
  const [one] = parse({ mcpServers: { it: server } }) ?? [];
  return one;
};

function faultsOf(content: unknown): readonly string[] {
  try {
    parse(content);
  } catch (error) {
    assert.ok(error instanceof LoadFailure, String(error));
    assert.ok(!error.message.includes(SECRET), error.message);
    return error.faults.map(({ file, line, column, message }) => {
      assert.equal(file, FILE);
      return line === undefined ? message : `${line}:${column} ${message}`;
    });
  }
  return [];
}

const faultsOfOne = (server: unknown, name = 'it') => faultsOf({ mcpServers: { [name]: server } });

/** A file of so many servers. */
const serversOf = (count: number) => ({
  mcpServers: Object.fromEntries(
    Array.from({ length: count }, (_none, index) => [`s${index}`, { command: 'x' }]),
  ),
});

suite('a file of servers', () => {
  test('names programs, which find in their environment what the file says and nothing of ours', () => {
    const server = { command: 'npx', args: ['-y', 'files'], env: { A: 'b' }, cwd: 'below' };
    assert.deepEqual(parseOne(server), {
      name: 'it',
      prefix: 'it_',
      tools: undefined,
      scope: undefined,
      timeoutMs: undefined,
      secrets: ['', ''],
      given: ['b'],
      kind: 'stdio',
      command: 'npx',
      args: ['-y', 'files'],
      env: { PATH: '/bin', HOME: '/home/ann', A: 'b' },
      cwd: '/srv/tools/below',
    });
  });

  test('names addresses, and how they are asked', () => {
    const headers = { Authorization: `Bearer \${DOCS_TOKEN}`, 'X-Region': `\${REGION}` };
    const terms = { prefix: '', tools: ['a'], scope: 'docs', timeoutMs: 5, alwaysAllow: ['a'] };
    const one = parseOne({ type: 'http', url: 'https://docs.example/mcp', headers, ...terms });
    assert.ok(one?.kind === 'http');
    const { secrets, given, ...rest } = one;
    assert.deepEqual(rest, {
      name: 'it',
      prefix: '',
      tools: new Set(['a']),
      scope: 'docs',
      timeoutMs: 5,
      kind: 'http',
      url: 'https://docs.example/mcp',
      headers: { Authorization: `Bearer ${SECRET}`, 'X-Region': 'eu-west-1' },
    });
    assert.ok(secrets.includes(SECRET));
    assert.ok(!secrets.includes('eu-west-1'));
    assert.ok(given.includes('eu-west-1'));
  });

  test('leaves out servers that are disabled', () => {
    assert.deepEqual(parse({ mcpServers: { a: { disabled: true }, b: { disabled: true } } }), []);
  });

  for (const content of ['{}', '[]', '"mcpServers"', '{"data": 1,}', 'no JSON at all', '']) {
    test(`is none if it is ${content || 'empty'}`, () => {
      assert.equal(parse(content), undefined);
    });
  }

  test('may refer to variables, and say what stands for them', () => {
    const args = ['${REGION}', '${NONE:-other}', '${EMPTY:-other}', '${EMPTY}', '$REGION', '${}'];
    const one = parseOne({ command: 'x', args });
    assert.ok(one?.kind === 'stdio');
    assert.deepEqual(one.args, ['eu-west-1', 'other', 'other', '', '$REGION', '${}']);
  });

  test('that refers to what is not set is refused, and says where', () => {
    const env = { KEY: `\${NOWHERE}` };
    assert.deepEqual(
      faultsOf({ mcpServers: { a: { command: `\${NONE}x` }, b: { command: 'x', env } } }),
      [
        'mcpServers.a.command names the variable NONE, which is not set',
        'mcpServers.b.env.KEY names the variable NOWHERE, which is not set',
      ],
    );
  });

  test('that is no JSON says where, and does not say what', () => {
    const text = `{\n  "mcpServers": {\n    "a": { "command": "x", "env": { "K": "${SECRET}" }, }\n  }\n}`;
    assert.deepEqual(faultsOf(text), ['3:66 this is no JSON from here on']);
  });

  for (const [what, server, message] of [
    ['no object', 'npx', 'mcpServers.it must be an object'],
    ['neither command nor url', {}, 'mcpServers.it must have a command, or a url, and not both'],
    [
      'both',
      { command: 'x', url: 'http://x' },
      'mcpServers.it must have a command, or a url, and not both',
    ],
    [
      'the old transport',
      { type: 'sse', url: 'http://x' },
      'mcpServers.it.type is "sse", which is no longer spoken: it needs Streamable HTTP',
    ],
    [
      'a wrong type',
      { type: 'stdio', url: 'http://x' },
      'mcpServers.it.type must be "http" beside what is there',
    ],
    [
      'a command that is no text',
      { command: ['npx', SECRET] },
      'mcpServers.it.command must be a text',
    ],
    [
      'args that are no list',
      { command: 'x', args: SECRET },
      'mcpServers.it.args must be a list of texts',
    ],
    [
      'env that is no object',
      { command: 'x', env: [SECRET] },
      'mcpServers.it.env must be an object of texts',
    ],
    ['a number in env', { command: 'x', env: { A: 1 } }, 'mcpServers.it.env.A must be a text'],
    [
      'NUL in an argument',
      { command: 'x', args: [`${SECRET}\0`] },
      'mcpServers.it.args[0] holds a character that no text of a process may',
    ],
    [
      'no address',
      { url: SECRET },
      'mcpServers.it.url must be the address of a server, with http: or https:',
    ],
    [
      'another scheme',
      { url: 'file:///etc/passwd' },
      'mcpServers.it.url must be the address of a server, with http: or https:',
    ],
    [
      'a password in the address',
      { url: `https://a:${SECRET}@x` },
      'mcpServers.it.url must hold no password: headers are for that',
    ],
    [
      'a header that is none',
      { url: 'http://x', headers: { 'a b': SECRET } },
      'mcpServers.it.headers.a b is nothing that a header can say',
    ],
    [
      'a header of two lines',
      { url: 'http://x', headers: { a: `${SECRET}\r\nb: c` } },
      'mcpServers.it.headers.a is nothing that a header can say',
    ],
    [
      'a prefix that is no name',
      { command: 'x', prefix: 'a b' },
      'mcpServers.it.prefix must match ^[A-Za-z0-9_.-]{0,63}$',
    ],
    [
      'no time',
      { command: 'x', timeoutMs: 0 },
      'mcpServers.it.timeoutMs must be a whole number from 1 to 300000',
    ],
    [
      'too much time',
      { command: 'x', timeoutMs: 300_001 },
      'mcpServers.it.timeoutMs must be a whole number from 1 to 300000',
    ],
    [
      'tools that are no list',
      { command: 'x', tools: { a: true } },
      'mcpServers.it.tools must be a list of texts',
    ],
    [
      'a disabled that is no flag',
      { command: 'x', disabled: 'yes' },
      'mcpServers.it.disabled must be true or false',
    ],
  ] as const) {
    test(`that has ${what} is refused`, () => {
      const faults = faultsOfOne(server);
      assert.ok(faults.includes(message), faults.join('\n'));
    });
  }

  test('that names a server in a way that no tool may be named is refused', () => {
    const [fault] = faultsOfOne({ command: 'x' }, 'my server');
    assert.equal(
      fault,
      'mcpServers."my server" must have a name that matches ^[A-Za-z0-9_.-]{1,64}$',
    );
  });

  test('may hold 64 servers, and no more', () => {
    assert.equal(parse(serversOf(64))?.length, 64);
    assert.deepEqual(faultsOf(serversOf(65)), ['mcpServers holds more than 64 servers']);
  });

  test('that is none of servers is refused', () => {
    assert.deepEqual(faultsOf({ mcpServers: [] }), ['mcpServers must be an object of servers']);
  });
});
