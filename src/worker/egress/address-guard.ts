import { isIP } from 'node:net';

import ipaddr from 'ipaddr.js';

/** Says whether an address may be connected to that was found under the name of a host. */
export type AddressGuard = (host: string, address: string) => boolean;

/** All that is given out so far (RFC 4291 §2.4). What lies outside is nobody's, or an old way to write what lies elsewhere. */
const GLOBAL_UNICAST = [ipaddr.parse('2000::'), 3] as const;
/** How a network without IPv4 reaches it (RFC 6052 §2.1): its names resolve to these. */
const NAT64 = [ipaddr.parse('64:ff9b::'), 96] as const;

/** Makes a guard that lets pass what is public, and what is `allowed` besides: names of hosts, addresses and networks. */
export function createAddressGuard(allowed: readonly string[]): AddressGuard {
  const names = new Set(allowed.filter((entry) => !isNetwork(entry)).map(nameOf));
  const networks = allowed.filter(isNetwork).map(parseNetwork);
  return (host, address) => {
    if (names.has(nameOf(host))) return true;
    // The parser takes more for addresses than whoever connects.
    if (isIP(address) === 0) return false;
    const found = ipaddr.process(address);
    return (
      isPublic(found) ||
      networks.some(([of, bits]) => of.kind() === found.kind() && found.match(of, bits))
    );
  };
}

/** Public by its number, and at Azure the machine's own: it answers with what starts it, secrets among that. */
const AZURE = '168.63.129.16';

type Address = ReturnType<typeof ipaddr.parse>;

/** 6to4 and Teredo are not: either leads to any address, through whoever offers to pass it on. */
function isPublic(address: Address): boolean {
  if ('octets' in address) return address.range() === 'unicast' && String(address) !== AZURE;
  if (address.match(...NAT64)) {
    return isPublic(ipaddr.fromByteArray(address.toByteArray().slice(-4)));
  }
  return address.match(...GLOBAL_UNICAST) && address.range() === 'unicast';
}

function isNetwork(entry: string): boolean {
  return isIP(bare(entry.split('/')[0] ?? '')) !== 0;
}

function parseNetwork(entry: string): readonly [Address, number] {
  const [address = '', bits] = entry.split('/');
  if (bits !== undefined) return ipaddr.parseCIDR(entry);
  const one = ipaddr.process(bare(address));
  return [one, one.toByteArray().length * 8];
}

/** As it stands in a URL, or not. */
function bare(address: string): string {
  return address.replace(/^\[(.*)\]$/, '$1');
}

/** With the dot that says that it is whole, or without. */
function nameOf(host: string): string {
  return host.toLowerCase().replace(/\.$/, '');
}
