import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Failure, type FailureCode } from '../../../src/shared/errors.ts';
import type { Fetch } from '../../../src/worker/domain/fetch.ts';
import type { Resolve, ResolvedAddress } from '../../../src/worker/egress/connections.ts';
import { Egress, type EgressOptions } from '../../../src/worker/egress/egress.ts';

export const LOOPBACK: ResolvedAddress = { address: '127.0.0.1', family: 4 };

/** A server that tools ask, at an address that is not public. */
export interface Asked extends AsyncDisposable {
  readonly server: Server;
  readonly port: number;
  readonly url: string;
}

export async function serve(answer: RequestListener): Promise<Asked> {
  const server = createServer(answer);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  // A TCP server that listens has an address of this kind.
  const { port } = server.address() as AddressInfo;
  return {
    server,
    port,
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** The way of tools to other servers: to this machine, and to what `resolve` says. */
export interface Opened extends AsyncDisposable {
  readonly egress: Egress;
  readonly fetch: Fetch;
  readonly outcomes: readonly string[];
}

export function openEgress(options: Partial<EgressOptions> = {}, signal?: AbortSignal): Opened {
  const outcomes: string[] = [];
  const egress = new Egress({
    allowed: ['127.0.0.1'],
    onFetched: (outcome) => {
      outcomes.push(outcome);
    },
    ...options,
  });
  return {
    egress,
    outcomes,
    fetch: egress.source().during(signal ?? new AbortController().signal),
    [Symbol.asyncDispose]: () => egress[Symbol.asyncDispose](),
  };
}

/** Names that all stand for this machine. */
export const allHere: Resolve = async () => [LOOPBACK];

/** Holds for a failure of that code, whose text is that. */
export function isFailure(code: FailureCode, text: RegExp) {
  return (thrown: unknown): boolean => {
    assert.ok(thrown instanceof Failure, String(thrown));
    assert.equal(thrown.code, code, thrown.message);
    assert.match(thrown.message, text);
    return true;
  };
}
