/** JSON Web Tokens that must not be let in, over real HTTP to where keys come from. */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';

import { Failure } from '../../src/shared/errors.ts';
import { findBearer } from '../../src/worker/auth/bearer.ts';
import { AuthorizationServer } from '../support/authorization-server.ts';
import {
  AUDIENCE,
  type CheckedTokens,
  checkTokensOf,
  LEEWAY_MS,
} from '../worker/auth/tokens-checked.ts';

let ours: AuthorizationServer;
/** A second one that is trusted, and one that is not. */
let second: AuthorizationServer;
let evil: AuthorizationServer;
let tokens: CheckedTokens;

before(async () => {
  [ours, second, evil] = await Promise.all([
    AuthorizationServer.open({ audience: AUDIENCE }),
    AuthorizationServer.open({ audience: AUDIENCE }),
    AuthorizationServer.open({ audience: AUDIENCE }),
  ]);
});
after(async () => {
  await Promise.all([ours, second, evil].map((server) => server[Symbol.asyncDispose]()));
});
beforeEach(() => {
  tokens = checkTokensOf([ours, second]);
});
afterEach(() => {
  tokens[Symbol.dispose]();
});

const nowS = (): number => Math.floor(Date.now() / 1_000);
const leewayS = LEEWAY_MS / 1_000;

/** A token of which one part is put another in place of. */
function withPart(index: 0 | 1 | 2, part: string): string {
  return ours.issue().split('.').with(index, part).join('.');
}
const base64url = (text: string): string => Buffer.from(text).toString('base64url');
/** What the public key looks like to who takes it for a shared secret. */
const publicTexts = (): (string | Buffer)[] => {
  const key = ours.publicKeyOf('RS256');
  return [
    key.export({ format: 'pem', type: 'spki' }),
    key.export({ format: 'pem', type: 'pkcs1' }),
    key.export({ format: 'der', type: 'spki' }),
    JSON.stringify(key.export({ format: 'jwk' })),
    String(key.export({ format: 'jwk' }).n),
  ];
};

/** Everything that is wrong with tokens, and how to make one of the kind. */
const WRONG: Readonly<Record<string, () => readonly string[]>> = {
  'no token at all': () => ['', ' ', '.', '..', '...', 'null', 'ey', '\0', 'x'.repeat(20_000)],
  'another form': () => {
    const [header, payload, signature] = ours.issue().split('.');
    return [
      `${header}.${payload}`,
      `${header}.${payload}.`,
      `${header}..${signature}`,
      `${header}.${payload}.${signature}.`,
      `${header}.${payload}.${signature}.a.b`,
      `${ours.issue()}=`,
      JSON.stringify({ protected: header, payload, signature }),
    ];
  },
  'parts that are not what they should be': () =>
    ['', 'e30', base64url('[]'), base64url('null'), base64url('{"alg":'), '***'].flatMap((part) => [
      withPart(0, part),
      withPart(1, part),
    ]),
  'an end that has come': () => [
    ours.issue({ exp: nowS() - leewayS - 1 }),
    ours.issue({ exp: 0 }),
    ours.issue({ exp: -1e300 }),
  ],
  'no end': () => [
    ours.issue({ exp: undefined }),
    ours.issue({ exp: null }),
    ours.issue({ exp: String(nowS() + 60) }),
    ours.issue({ exp: [nowS() + 60] }),
  ],
  'a beginning to come': () => [
    ours.issue({ nbf: nowS() + leewayS + 60 }),
    ours.issue({ nbf: 'yesterday' }),
    ours.issue({ iat: nowS() + leewayS + 60 }),
    ours.issue({ iat: '1' }),
  ],
  'a bad signature': () => {
    const [, , other] = ours.issue({ sub: 'bob' }).split('.');
    return [
      withPart(2, String(other)),
      withPart(2, Buffer.alloc(64).toString('base64url')),
      withPart(2, Buffer.alloc(64, 1).toString('base64url')),
      withPart(2, 'AAAA'),
      withPart(1, String(ours.issue({ scope: 'everything' }).split('.')[1])),
      ours.issue({}, { alg: 'RS256', header: { alg: 'PS256' } }),
      ours.issue({}, { alg: 'RS256', header: { alg: 'RS512' } }),
      ours.issue({}, { header: { alg: 'EdDSA' } }),
    ];
  },
  'no signature': () => [
    ours.forge('none'),
    ...['none', 'None', 'NONE', 'nOnE', '', null, undefined, ['none']].map((alg) =>
      ours.issue({}, { header: { alg } }),
    ),
  ],
  'a public key as a shared secret': () => publicTexts().map((text) => ours.forge('HS256', text)),
  'a header that has to be understood': () => [
    ours.issue({}, { header: { crit: ['exp'], exp: 1 } }),
    ours.issue({}, { header: { crit: [] } }),
    ours.issue({}, { header: { b64: false, crit: ['b64'] } }),
  ],
  'a path, SQL or more in kid': () =>
    [
      '../../../../dev/null',
      '/proc/self/environ',
      "' or '1'='1",
      "x' union select 'secret' -- ",
      '; sleep 10 |',
      `${evil.origin}/keys`,
      '__proto__',
      'constructor',
      '',
      '\0',
      {},
      [],
      0,
      null,
      true,
    ].map((kid) => ours.issue({}, { header: { kid } })),
  'an empty secret behind a path in kid': () => [
    ours.forge('HS256', ''),
    ours.forge('HS256', '\0'),
  ],
  'a kind that is not for access': () => [
    ours.issue({}, { header: { typ: 'logout+jwt' } }),
    ours.issue({}, { header: { typ: 'application/secevent+jwt' } }),
    ours.issue({}, { header: { typ: '' } }),
    ours.issue({}, { header: { typ: 1 } }),
  ],
  'a key of its own to be proven': () => [ours.issue({ cnf: { jkt: 'x' } })],
  'no subject that can be kept': () =>
    [undefined, null, '', 7, ['ann'], 'x'.repeat(256), 'a\0b', 'a\nb', '\ud800'].map((sub) =>
      ours.issue({ sub }),
    ),
  'scopes of an odd form': () => [
    ours.issue({ scope: 7 }),
    ours.issue({ scope: { admin: true } }),
    ours.issue({ scp: ['notes', 7] }),
  ],
};

const FOREIGN: Readonly<Record<string, () => readonly string[]>> = {
  'another audience': () =>
    [
      'https://other.example',
      'https://mcp.example',
      `${AUDIENCE}/`,
      `${AUDIENCE}#`,
      AUDIENCE.toUpperCase(),
      ` ${AUDIENCE}`,
      ['https://other.example', `${AUDIENCE}/x`],
      [[AUDIENCE]],
      { [AUDIENCE]: true },
    ].map((aud) => ours.issue({ aud })),
  'no audience': () => [undefined, null, '', [], 7].map((aud) => ours.issue({ aud })),
  'another issuer': () => [
    evil.issue(),
    ours.issue({ iss: evil.issuer }),
    ours.issue({ iss: `${ours.issuer}/` }),
    ours.issue({ iss: ours.issuer.toUpperCase() }),
    ours.issue({ iss: [ours.issuer] }),
    ours.issue({ iss: '__proto__' }),
  ],
  'no issuer': () => [ours.issue({ iss: undefined }), ours.issue({ iss: null })],
  'an issuer other than who signed it': () => [
    evil.issue({ iss: ours.issuer }),
    second.issue({ iss: ours.issuer }),
    ours.issue({ iss: second.issuer }),
  ],
};

async function assertRefused(makers: () => readonly string[]): Promise<void> {
  await tokens.admit(ours.issue());
  const made = makers();
  assert.ok(made.length > 0);
  for (const token of made) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, so that it is known which
    const { code, message } = await tokens.refuse(token);
    assert.deepEqual([code, message], ['unauthorized', 'This token is not valid here'], token);
  }
  assert.deepEqual(evil.fetches, []);
}

suite('a token', () => {
  for (const [name, makers] of Object.entries(WRONG)) {
    test(`with ${name} is refused as all others are (S27)`, () => assertRefused(makers));
  }

  test('that is signed with a public key as the secret is refused even where that is configured (S27)', async () => {
    using lax = checkTokensOf([ours], { algorithms: ['RS256', 'HS256', 'none'] });
    for (const token of [
      ours.forge('none'),
      ...publicTexts().map((key) => ours.forge('HS256', key)),
    ]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, so that it is known which
      assert.equal((await lax.refuse(token)).code, 'unauthorized', token);
    }
  });

  test('that brings its own key, or says where to find it, is refused and nothing is fetched (S27)', async () => {
    await tokens.admit(ours.issue());
    const fetched = ours.fetches.length;
    const jwk = evil.publicKeyOf('ES256').export({ format: 'jwk' });
    const { kid } = JSON.parse(atob(String(evil.issue().split('.')[0])));
    for (const header of [
      { jku: `${evil.origin}/keys` },
      { x5u: `${evil.origin}/keys` },
      { jku: `${evil.origin}/keys`, kid: 'ec-1' },
      { jwk },
      { jwk, kid: undefined },
      { x5c: ['AAAA'] },
      { kid },
    ]) {
      const token = evil.issue({ iss: ours.issuer }, { header });
      // oxlint-disable-next-line no-await-in-loop -- one after the other, so that it is known which
      assert.equal((await tokens.refuse(token)).code, 'unauthorized', JSON.stringify(header));
    }
    assert.deepEqual(evil.fetches, []);
    assert.equal(ours.fetches.length, fetched);
  });

  for (const [name, makers] of Object.entries(FOREIGN)) {
    test(`of or for ${name} is refused (S28)`, () => assertRefused(makers));
  }

  test('in the address is refused, whatever it is called, and whatever else is shown (S7)', () => {
    const token = ours.issue();
    for (const query of [
      'access_token',
      'ACCESS_TOKEN',
      '%61ccess_token',
      'a=b&token',
      'api_key',
    ]) {
      for (const headers of [{}, { authorization: `Bearer ${token}` }]) {
        const rawHeaders = Object.entries(headers).flat();
        const request = { url: `/mcp?${query}=${token}`, headers, rawHeaders };
        assert.throws(
          () => findBearer(request),
          (error) =>
            error instanceof Failure &&
            error.code === 'unauthorized' &&
            !error.message.includes(token),
        );
      }
    }
  });
});
