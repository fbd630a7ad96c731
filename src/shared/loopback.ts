import { isIPv4 } from 'node:net';

/** Whether an address can be reached from this machine alone. */
export function isLoopback(address: string): boolean {
  return (
    address === 'localhost' ||
    address === '::1' ||
    // A name may begin like one: 127.0.0.1.evil.example.
    (isIPv4(address) && address.startsWith('127.'))
  );
}
