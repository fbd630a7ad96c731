import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type { JwtIdentity } from '../../../src/shared/identity.ts';
import {
  challengeOf,
  METADATA_PATHS,
  protectedResourceOf,
  stepUpOf,
} from '../../../src/worker/auth/protected-resource.ts';

const publicUrl = 'https://mcp.example';
const METADATA_URL = 'https://mcp.example/.well-known/oauth-protected-resource/mcp';
const REFUSED = 'error="invalid_token", error_description="It is not valid here, or not any more"';

function publish(scopes: readonly string[] = ['notes', 'parts'], url = publicUrl) {
  const jwt: JwtIdentity = {
    issuers: ['https://login.example', 'https://other.example/realms/one'],
    audiences: ['urn:other'],
    algorithms: ['ES256'],
    leewayMs: 1,
    cooldownMs: 1,
    scopes,
  };
  return protectedResourceOf({ publicUrl: url, jwt });
}

/** Reads a challenge as RFC 9110 (11.6.1) has it. Fails if anything is left over. */
function parse(challenge: string): Readonly<Record<string, string>> {
  const [scheme, ...rest] = challenge.split(' ');
  assert.equal(scheme, 'Bearer');
  const found = [...rest.join(' ').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"(?:, |$)/g)];
  assert.equal(found.map(([whole]) => whole).join(''), rest.join(' '));
  return Object.fromEntries(found.map(([, name, value]) => [name, value]));
}

suite('the metadata', () => {
  test('says where tokens for us come from, and which scopes to ask for', () => {
    assert.deepEqual(publish(), {
      metadataUrl: METADATA_URL,
      metadata: {
        resource: 'https://mcp.example/mcp',
        authorization_servers: ['https://login.example', 'https://other.example/realms/one'],
        scopes_supported: ['notes', 'parts'],
        bearer_methods_supported: ['header'],
        resource_name: 'Holdfast',
      },
    });
    assert.ok(METADATA_PATHS.some((path) => METADATA_URL === `${publicUrl}${path}`));
  });

  test('names no scopes where none are published', () => {
    assert.ok(!('scopes_supported' in (publish([])?.metadata ?? {})));
  });

  test('is not there where no tokens of issuers are taken', () => {
    assert.equal(protectedResourceOf({ publicUrl, jwt: undefined }), undefined);
  });
});

suite('a challenge', () => {
  test('names the metadata and the scopes to who showed nothing, and no error', () => {
    assert.equal(
      challengeOf({ resource: publish(), shown: 'nothing' }),
      `Bearer resource_metadata="${METADATA_URL}", scope="notes parts"`,
    );
  });

  test('says what was wrong to who showed a token', () => {
    assert.equal(
      challengeOf({ resource: publish(), shown: 'token' }),
      `Bearer resource_metadata="${METADATA_URL}", scope="notes parts", ${REFUSED}`,
    );
  });

  test('does not send who showed a key to an issuer', () => {
    assert.equal(challengeOf({ resource: publish(), shown: 'key' }), `Bearer ${REFUSED}`);
  });

  test('is plain where no tokens of issuers are taken', () => {
    assert.equal(challengeOf({ resource: undefined, shown: 'nothing' }), 'Bearer');
    assert.equal(challengeOf({ resource: undefined, shown: 'key' }), `Bearer ${REFUSED}`);
    assert.equal(challengeOf({ resource: undefined, shown: 'token' }), `Bearer ${REFUSED}`);
  });

  test('has no scope where none is published', () => {
    assert.equal(
      challengeOf({ resource: publish([]), shown: 'nothing' }),
      `Bearer resource_metadata="${METADATA_URL}"`,
    );
  });

  test('for more scopes names all that are needed, once each', () => {
    assert.deepEqual(
      parse(stepUpOf({ resource: publish(), needed: ['notes', 'parts', 'notes'] })),
      {
        error: 'insufficient_scope',
        error_description: 'This needs more than the token was given',
        scope: 'notes parts',
        resource_metadata: METADATA_URL,
      },
    );
  });

  test('stays within its quotes, whatever a scope or an address is called', () => {
    const odd = ['a"b', 'a\\', 'a b', '', 'a\r\nx: y', 'ä', '"', 'fine:read/write'];
    const expected = { scope: 'fine:read/write' };
    for (const challenge of [
      stepUpOf({ resource: publish(), needed: odd }),
      challengeOf({ resource: publish(odd), shown: 'token' }),
    ]) {
      const { scope } = parse(challenge);
      assert.deepEqual({ scope }, expected);
    }
    const resource = publish([], 'https://a"\r\n\\b');
    const { resource_metadata: address } = parse(challengeOf({ resource, shown: 'nothing' }));
    assert.equal(address, 'https://ab/.well-known/oauth-protected-resource/mcp');
  });
});
