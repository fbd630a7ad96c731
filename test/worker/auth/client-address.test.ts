import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { clientAddress, networkOf } from '../../../src/worker/auth/client-address.ts';
import { trustedProxies } from '../../../src/worker/auth/trusted-proxies.ts';

const trusted = trustedProxies(['10.0.0.0/8', '127.0.0.1', 'fd00::/8', '2001:db8::1']);

suite('the address of a client', () => {
  for (const [remoteAddress, forwardedFor, expected] of [
    // Whoever is no proxy of ours speaks for itself alone.
    ['203.0.113.7', undefined, '203.0.113.7'],
    ['203.0.113.7', '198.51.100.1', '203.0.113.7'],
    ['203.0.113.7', '10.0.0.1', '203.0.113.7'],
    // What a proxy of ours says counts, and not what it was told.
    ['10.0.0.1', undefined, '10.0.0.1'],
    ['10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['10.0.0.1', '1.1.1.1, 198.51.100.1', '198.51.100.1'],
    ['10.0.0.1', '1.1.1.1, 198.51.100.1, 10.2.2.2,127.0.0.1', '198.51.100.1'],
    ['10.0.0.1', '1.1.1.1, 198.51.100.1:4711', '198.51.100.1'],
    ['10.0.0.1', '[2001:DB8:0::2]:443', '2001:db8::2'],
    ['fd12::1', '2001:db8::1, 2001:0db8::0001', '2001:db8::1'],
    ['10.0.0.1', '10.0.0.2, 10.0.0.3', '10.0.0.2'],
    // What cannot be read was let pass by the last proxy that can be.
    ['10.0.0.1', 'unknown', '10.0.0.1'],
    ['10.0.0.1', '', '10.0.0.1'],
    ['10.0.0.1', '198.51.100.1, ', '10.0.0.1'],
    ['10.0.0.1', '198.51.100.1, _hidden, 10.0.0.9', '10.0.0.9'],
    ['10.0.0.1', '198.51.100.1\u0000', '10.0.0.1'],
    ['10.0.0.1', '0x7f.1', '10.0.0.1'],
    ['10.0.0.1', "'; drop table sessions --", '10.0.0.1'],
    // IPv4 over a socket of both families.
    ['::ffff:203.0.113.7', '198.51.100.1', '203.0.113.7'],
    ['::ffff:10.0.0.1', '::FFFF:c633:6401', '198.51.100.1'],
    ['fe80::1%eth0', undefined, 'fe80::1'],
    [undefined, '198.51.100.1', ''],
  ] as const) {
    test(`is ${expected} at ${remoteAddress}, forwarded for ${JSON.stringify(forwardedFor)}`, () => {
      assert.equal(clientAddress({ remoteAddress, forwardedFor }, trusted), expected);
    });
  }

  test('is looked for in the last 16 entries only', () => {
    const forwardedFor = `198.51.100.1${', 10.0.0.2'.repeat(16)}`;
    assert.equal(clientAddress({ remoteAddress: '10.0.0.1', forwardedFor }, trusted), '10.0.0.2');
  });
});

test('a proxy that is named as IPv4 over a socket of both families is trusted, and no other', () => {
  const mapped = trustedProxies(['::ffff:10.0.0.1', '::ffff:192.0.2.0/120']);
  const find = (remoteAddress: string): string =>
    clientAddress({ remoteAddress, forwardedFor: '198.51.100.1' }, mapped);
  for (const proxy of ['10.0.0.1', '::ffff:10.0.0.1', '192.0.2.255']) {
    assert.equal(find(proxy), '198.51.100.1');
  }
  for (const other of ['10.0.0.2', '192.0.3.0', '203.0.113.7']) assert.equal(find(other), other);
});

suite('what limits count as one', () => {
  for (const [address, expected] of [
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:DB8:1:0:ffff::1', '2001:db8:1:0::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['64:ff9b::198.51.100.1', '64:ff9b:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
  ] as const) {
    test(`is ${expected} for "${address}"`, () => {
      assert.equal(networkOf(address), expected);
    });
  }
});
