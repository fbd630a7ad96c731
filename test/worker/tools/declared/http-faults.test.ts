import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { LoadFailure } from '../../../../src/worker/tools/load/load-failure.ts';
import { declareHttp } from './http-tool.ts';

type Given = readonly [
  http: string,
  parameters?: string,
  more?: string,
  environment?: Readonly<Record<string, string>>,
];

/** What is said of a definition. */
function faultOf([http, parameters, more, environment]: Given): string {
  try {
    declareHttp(` ${http}`, parameters, more, environment);
  } catch (error) {
    assert.ok(error instanceof LoadFailure, String(error));
    return error.message;
  }
  assert.fail('it was taken');
}

suite('a request is refused when it is loaded, with its place,', () => {
  const A = '{ a: { type: string } }';
  const CASES: readonly (readonly [what: string, given: Given, fault: RegExp])[] = [
    [
      'if its host is filled in',
      ['{ url: "http://{a}.example/" }', A],
      /^tried\.yaml:5:14 .*"http\.url" is to begin/,
    ],
    [
      'if its host is another one’s',
      ['{ url: "http://a.example@b.example/" }'],
      /is to begin with http/,
    ],
    ['if it is for another protocol', ['{ url: "ftp://a.example/" }'], /is to begin with http/],
    ['if its host is none', ['{ url: "http://a.example:99999/" }'], /is to begin with http/],
    ['if its query is filled in', ['{ url: "http://a.example/?q={a}" }', A], /Say it in "query"/],
    ['if it has a fragment', ['{ url: "http://a.example/#x" }'], /Say it in "query"/],
    [
      'if its path has half a brace',
      ['{ url: "http://a.example/{a/" }', A],
      /would be read as another/,
    ],
    ['if its path goes up', ['{ url: "http://a.example/%2E./x" }'], /would be read as another/],
    [
      'if its path names no parameter',
      ['{ url: "http://a.example/{b}" }', A],
      /names "b", which is no parameter/,
    ],
    [
      'if a list is to be part of its path',
      ['{ url: "http://a.example/{a}" }', '{ a: { type: array, items: { type: string } } }'],
      /names "a", which is a list/,
    ],
    [
      'if a part of its path may be absent',
      ['{ url: "http://a.example/{a}" }', '{ a: { type: string, required: false } }'],
      /which may be absent: give it a default/,
    ],
    [
      'if it refers to no parameter',
      ['{ url: "http://a.example/", query: { q: $b } }'],
      /"http\.query\.q" names "b"/,
    ],
    [
      'if a parameter is used nowhere',
      ['{ url: "http://a.example/" }', A],
      /^tried\.yaml:4:15 "parameters\.a" is used nowhere/,
    ],
    [
      'if a variable is not set',
      ['{ url: "http://a.example/", headers: { A: "${NO_SUCH}" } }'],
      /^tried\.yaml:5:49 "http\.headers\.A" needs the variable NO_SUCH, which is not set/,
    ],
    [
      'if a variable is the server’s own',
      [
        '{ url: "http://a.example/", query: { q: "${DATABASE_URL}" } }',
        '{}',
        '',
        { DATABASE_URL: 'secret' },
      ],
      /names DATABASE_URL, which is for the server alone$/,
    ],
    ['if GET has a body', ['{ url: "http://a.example/", body: {} }'], /is not sent with GET/],
    [
      'if a header is not its own',
      ['{ url: "http://a.example/", headers: { Host: b } }'],
      /not for a tool to say/,
    ],
    [
      'if a header is none',
      ['{ url: "http://a.example/", headers: { "a b": c } }'],
      /a name that no header has/,
    ],
    [
      'if a variable would be another header',
      [
        '{ url: "http://a.example/", headers: { A: "${LINES}" } }',
        '{}',
        '',
        { LINES: 'secret\r\nB: c' },
      ],
      /"http\.headers\.A" has characters that no header has$/,
    ],
    [
      'if a header is a list',
      ['{ url: "http://a.example/", headers: { A: [b] } }'],
      /is to be one value/,
    ],
    [
      'if a part of its query is a map',
      ['{ url: "http://a.example/", query: { a: {} } }'],
      /is to be one value/,
    ],
    [
      'if it is misspelled',
      ['{ url: "http://a.example/", methd: PUT }'],
      /Did you mean "method"\?/,
    ],
    [
      'if its method is another',
      ['{ url: "http://a.example/", method: TRACE }'],
      /is to be one of GET/,
    ],
    [
      'if its answer has fields and a text',
      ['{ url: "http://a.example/", answer: { text: a, fields: {} } }'],
      /one of them/,
    ],
    [
      'if its answer has too many fields',
      [
        `{ url: "http://a.example/", answer: { fields: { ${Array.from({ length: 101 }, (_n, index) => `f${index}: a`).join(', ')} } } }`,
      ],
      /has more than 100/,
    ],
    [
      'if it has too many headers',
      [
        `{ url: "http://a.example/", headers: { ${Array.from({ length: 51 }, (_n, index) => `h${index}: a`).join(', ')} } }`,
      ],
      /has more than 50/,
    ],
    [
      'if its answer may be larger than any',
      ['{ url: "http://a.example/", bytesMax: 99999999 }'],
      /from 1024 to 16777216/,
    ],
  ];
  for (const [what, given, fault] of CASES) {
    test(what, () => {
      const message = faultOf(given);
      assert.match(message, fault);
      assert.ok(!message.includes('secret'));
    });
  }
});
