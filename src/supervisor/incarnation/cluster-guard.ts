import type { ChildProcess } from 'node:child_process';
import type { Worker } from 'node:cluster';

/**
 * Sees to it that nothing is left of a worker that died while a connection was on its way to it. The
 * connection is closed, which `node:cluster` would keep open for ever, its client waiting; and so is
 * the port, which it would listen at for ever, and nobody be served there.
 */
export function guardCluster(worker: Worker, onClosed: (count: number) => void): void {
  const { process } = worker;
  // One that was never born has no channel.
  if (process.send === undefined) return;
  closeInFlightHandles(process, onClosed);
  tellOfDisconnect(process);
}

/**
 * It reads messages that are internal to Node; where their form is another, it does nothing. A worker of which `node:cluster` does not
 * know yet that it is dead is still sent connections.
 */
function closeInFlightHandles(process: ChildProcess, onClosed: (count: number) => void): void {
  const pending = new Map<number, { close: () => void }>();
  const send = process.send.bind(process);
  process.send = (message: unknown, ...rest: unknown[]): boolean => {
    const sequence = sequenceOf(message, 'act', 'newconn');
    const [handle] = rest;
    if (sequence !== undefined && isClosable(handle)) {
      if (isDead(process)) {
        handle.close();
        onClosed(1);
        return false;
      }
      pending.set(sequence, handle);
    }
    return Reflect.apply(send, process, [message, ...rest]) === true;
  };
  process.on('internalMessage', (message: unknown) => {
    if (typeof message !== 'object' || message === null || !('ack' in message)) return;
    if (typeof message.ack === 'number') pending.delete(message.ack);
  });
  process.once('exit', () => {
    if (pending.size > 0) onClosed(pending.size);
    for (const handle of pending.values()) handle.close();
    pending.clear();
  });
}

/**
 * Where its channel ends before it took a connection that it was sent, Node waits for its answer, and never says that the channel is
 * gone. If its exit was known before, `node:cluster` waits for that, and keeps it among those who listen.
 */
function tellOfDisconnect(process: ChildProcess): void {
  const disconnect = process.disconnect.bind(process);
  let isTold = false;
  process.once('disconnect', () => {
    isTold = true;
  });
  // Node calls it at the end of the channel.
  process.disconnect = () => {
    disconnect();
    setImmediate(() => {
      if (!isTold) process.emit('disconnect');
    });
  };
}

function isDead({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

function sequenceOf(message: unknown, field: string, value: string): number | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const given: Readonly<Record<string, unknown>> = { ...message };
  if (given.cmd !== 'NODE_CLUSTER' || given[field] !== value) return undefined;
  return typeof given.seq === 'number' ? given.seq : undefined;
}

function isClosable(handle: unknown): handle is { close: () => void } {
  return (
    typeof handle === 'object' &&
    handle !== null &&
    'close' in handle &&
    typeof handle.close === 'function'
  );
}
