import type { IncomingMessage } from 'node:http';
import { type BlockList, isIP, isIPv4, SocketAddress } from 'node:net';

import { trustedProxies } from './trusted-proxies.ts';

/** The part of a request that tells which address it comes from. */
export interface Sender {
  /** The socket's. */
  readonly remoteAddress: string | undefined;
  readonly forwardedFor: string | string[] | undefined;
}

/** A client writes as much into the header as it likes; what proxies add to the right of it is short. */
const HOPS_MAX = 16;
const GROUPS = 8;
/** Who has one address of IPv6 has a network of 2^64. */
const NETWORK_GROUPS = 4;

/**
 * The address that a request comes from: the socket's, or, where that is a trusted proxy, the right-most of
 * `X-Forwarded-For` that is none. What stands further left, whoever asks may have written. Where an entry cannot be read,
 * it is the address of the proxy that let it pass.
 */
export function clientAddress(
  { remoteAddress = '', forwardedFor = '' }: Sender,
  trusted: BlockList,
): string {
  let address = parseAddress(remoteAddress) ?? remoteAddress;
  if (forwardedFor === '') return address;
  const hops = String(forwardedFor).split(',').slice(-HOPS_MAX).toReversed();
  for (const hop of hops) {
    const named = isTrusted(address, trusted) ? parseHop(hop.trim()) : undefined;
    if (named === undefined) return address;
    address = named;
  }
  return address;
}

/** What limits count as one: an address of IPv4, or the /64 network that one of IPv6 is in. */
export function networkOf(address: string): string {
  const canonical = parseAddress(address);
  if (canonical === undefined || isIPv4(canonical)) return canonical ?? address;
  const [left = [], right = []] = canonical.split('::', 2).map(groupsOf);
  const missing = GROUPS - left.length - right.length;
  const groups = [...left, ...Array.from({ length: missing }, () => '0'), ...right];
  return `${groups.slice(0, NETWORK_GROUPS).join(':')}::/64`;
}

function isTrusted(address: string, trusted: BlockList): boolean {
  return isIP(address) !== 0 && trusted.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}

/** As a proxy writes it: some add a port, and with that brackets around IPv6. */
function parseHop(hop: string): string | undefined {
  const [, bracketed, withPort] =
    /^(?:\[([\da-f:.]+)\](?::\d{1,5})?|([\d.]+):\d{1,5})$/i.exec(hop) ?? [];
  return parseAddress(bracketed ?? withPort ?? hop);
}

/** In the one form that it is compared in. IPv4 that comes over a socket of both families is IPv4. */
function parseAddress(text: string): string | undefined {
  const version = isIP(text);
  if (version === 0) return undefined;
  if (version === 4) return text;
  const { address } = new SocketAddress({ address: text, family: 'ipv6' });
  const [, mapped] = /^::ffff:([\d.]+)$/.exec(address) ?? [];
  return mapped ?? address;
}

/** What is written like IPv4 at the end stands for two groups, which no network of ours is about. */
function groupsOf(half: string): string[] {
  return half === '' ? [] : half.replace(/[\d.]+\.\d+$/, '0:0').split(':');
}

/** Makes what finds the address of a request, given whose word is taken on that. */
export function addressFinder(networks: readonly string[]): (request: IncomingMessage) => string {
  const trusted = trustedProxies(networks);
  return ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwardedFor } }) =>
    clientAddress({ remoteAddress, forwardedFor }, trusted);
}
