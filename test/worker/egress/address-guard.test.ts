import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { createAddressGuard } from '../../../src/worker/egress/address-guard.ts';

const NAME = 'api.example';

const PUBLIC = [
  '1.1.1.1',
  '8.8.8.8',
  '100.63.255.255',
  '100.128.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '168.63.129.15',
  '192.167.255.255',
  '223.255.255.255',
  '2606:4700:4700::1111',
  '2a00::1',
  // IPv4 as it is written for those who have IPv6 alone.
  '::ffff:8.8.8.8',
  '64:ff9b::8.8.8.8',
];

const NOT_PUBLIC: readonly (readonly [what: string, addresses: readonly string[]])[] = [
  ['this network', ['0.0.0.0', '0.1.2.3']],
  ['private', ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.0.1']],
  ['shared by a provider', ['100.64.0.1', '100.127.255.255']],
  ['loopback', ['127.0.0.1', '127.255.255.254', '::1']],
  ['of the link', ['169.254.169.254', 'fe80::1', 'fe80::1%eth0', 'febf::1']],
  [
    'of Azure, to each of its machines',
    ['168.63.129.16', '::ffff:168.63.129.16', '64:ff9b::a83f:8110'],
  ],
  ['for protocols', ['192.0.0.1', '192.0.0.170']],
  ['for documentation', ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1']],
  ['for benchmarks', ['198.18.0.1', '198.19.255.255', '2001:2::1']],
  ['a relay of 6to4', ['192.88.99.1']],
  ['multicast', ['224.0.0.1', '239.255.255.255', 'ff02::1']],
  ['reserved', ['240.0.0.1', '255.255.255.255']],
  ['unspecified', ['::']],
  ['of the site', ['fc00::1', 'fd00:ec2::254', 'fec0::1']],
  ['to be thrown away', ['100::1']],
  ['another’s within IPv6', ['::ffff:127.0.0.1', '::ffff:a9fe:a9fe', '::ffff:10.0.0.1']],
  ['another’s within IPv6, as it once was written', ['::127.0.0.1', '::7f00:1', '::808:808']],
  ['another’s through NAT64', ['64:ff9b::127.0.0.1', '64:ff9b::a00:1', '64:ff9b:1::8.8.8.8']],
  ['another’s through 6to4', ['2002:7f00:1::', '2002:a9fe:a9fe::1', '2002:808:808::']],
  ['another’s through Teredo', ['2001::1', '2001:0:4136:e378:8000:63bf:3fff:fdd2']],
  ['translated without a state', ['::ffff:0:127.0.0.1']],
  ['given to nobody', ['4000::1', '5f00::1', 'e000::1']],
  ['no address', ['', '127.1', '0x7f000001', '2130706433', 'localhost', '1.2.3', '8.8.8.8/8']],
];

suite('an address that is', () => {
  const isAllowed = createAddressGuard([]);

  test('public may be connected to', () => {
    for (const address of PUBLIC) assert.ok(isAllowed(NAME, address), address);
  });

  for (const [what, addresses] of NOT_PUBLIC) {
    test(`${what} may not`, () => {
      for (const address of addresses) assert.ok(!isAllowed(NAME, address), address);
    });
  }
});

suite('what an operator allows', () => {
  test('by a network is all that is in it, and no more', () => {
    const isAllowed = createAddressGuard(['10.0.0.0/8', 'fd00::/8']);
    for (const address of ['10.1.2.3', '::ffff:10.1.2.3', 'fd00::7', '8.8.8.8']) {
      assert.ok(isAllowed(NAME, address), address);
    }
    for (const address of ['11.0.0.0', '127.0.0.1', '192.168.0.1', 'fc00::1', '64:ff9b::a00:1']) {
      assert.equal(isAllowed(NAME, address), address === '11.0.0.0', address);
    }
  });

  test('by an address is that one, however it is written', () => {
    const isAllowed = createAddressGuard(['[::1]', '::ffff:127.0.0.1', 'fd00::00aa']);
    for (const address of ['::1', '0:0::1', '127.0.0.1', '::ffff:7f00:1', 'fd00::aa']) {
      assert.ok(isAllowed(NAME, address), address);
    }
    for (const address of ['127.0.0.2', 'fd00::ab']) assert.ok(!isAllowed(NAME, address), address);
  });

  test('by a name is that name, whatever it stands for, and no other', () => {
    const isAllowed = createAddressGuard(['LocalHost', 'db.internal.']);
    for (const name of ['localhost', 'LOCALHOST', 'localhost.', 'db.internal']) {
      assert.ok(isAllowed(name, '127.0.0.1'), name);
    }
    for (const name of ['a.localhost', 'localhost.evil.example', '127.0.0.1', 'internal', '']) {
      assert.ok(!isAllowed(name, '127.0.0.1'), name);
    }
  });
});
