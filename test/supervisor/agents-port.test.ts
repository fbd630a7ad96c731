import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { suite, test } from 'node:test';

import { crashClassOf } from '../../src/shared/crash-class.ts';
import { Failure } from '../../src/shared/errors.ts';
import { silent } from '../../src/shared/logger.ts';
import { findAgentsPort } from '../../src/supervisor/agents-port.ts';
import { type Line, recordLog } from '../worker/recorded-log.ts';

const HOST = '127.0.0.1';
const options = {
  host: HOST,
  attemptsMax: 4,
  backoffMs: 1,
  stopping: new AbortController().signal,
  log: silent,
};

/** Another program that has a port. */
async function openOther(port = 0): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer();
  await once(server.listen(port, HOST), 'listening');
  // A TCP server that listens has an address of this kind.
  return { server, port: (server.address() as AddressInfo).port };
}

function isTaken(port: number) {
  return (thrown: unknown): boolean => {
    assert.ok(thrown instanceof Failure, String(thrown));
    assert.deepEqual([thrown.code, crashClassOf(thrown)], ['unavailable', 'port_in_use']);
    assert.ok(thrown.message.includes(String(port)), thrown.message);
    return true;
  };
}

const waitsOf = (lines: readonly Line[]): readonly unknown[] =>
  lines.map(({ fields }) => fields !== undefined && 'nextInMs' in fields && fields.nextInMs);

suite("the agents' port", () => {
  test('is any that is free if none is named, and is left free', async () => {
    const port = await findAgentsPort({ ...options, port: 0 });
    assert.ok(port > 0);
    await using other = (await openOther(port)).server;
    assert.ok(other.listening);
  });

  test('is the one that is named, if it is free', async () => {
    const { server, port } = await openOther();
    await server[Symbol.asyncDispose]();
    assert.equal(await findAgentsPort({ ...options, port }), port);
  });

  test('that is taken is tried four times, with longer waits between', async () => {
    const { server, port } = await openOther();
    await using _other = server;
    const { log, lines } = recordLog();
    await assert.rejects(findAgentsPort({ ...options, port, log }), isTaken(port));
    assert.deepEqual(waitsOf(lines), [1, 2, 4]);
    assert.partialDeepStrictEqual(lines[0], {
      level: 'warn',
      message: 'port is taken, and tried again',
      fields: { host: HOST, port, attempt: 1 },
    });
  });

  test('is had as soon as a predecessor has left it', async () => {
    const { server, port } = await openOther();
    const log = {
      ...silent,
      warn: () => {
        server.close();
      },
    };
    assert.equal(await findAgentsPort({ ...options, port, log }), port);
  });

  test('is not waited for when we stop', async () => {
    const { server, port } = await openOther();
    await using _other = server;
    const stopping = new AbortController();
    const log = {
      ...silent,
      warn: () => {
        stopping.abort();
      },
    };
    const found = await findAgentsPort({
      ...options,
      port,
      log,
      backoffMs: 3_600_000,
      stopping: stopping.signal,
    });
    // It is no failure: nobody will listen there.
    assert.equal(found, port);
  });

  test('of an address that is not of this machine is not tried again', async () => {
    const { log, lines } = recordLog();
    // Kept for documentation (RFC 5737): nobody's.
    const found = findAgentsPort({ ...options, host: '192.0.2.1', port: 0, log });
    await assert.rejects(found, { code: 'invalid' });
    assert.deepEqual(lines, []);
  });
});
