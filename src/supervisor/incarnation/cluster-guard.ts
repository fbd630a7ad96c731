import type { Worker } from 'node:cluster';

/**
 * Closes the connections that were on their way to a worker when it died: `node:cluster` would keep
 * each of them open for ever, its client waiting. It reads messages that are internal to Node;
 * where their form is another, it does nothing.
 */
export function closeInFlightHandles(worker: Worker, onClosed: (count: number) => void): void {
  const pending = new Map<number, { close: () => void }>();
  const { process } = worker;
  // One that was never born has no channel.
  if (process.send === undefined) return;
  const send = process.send.bind(process);
  process.send = (message: unknown, ...rest: unknown[]): boolean => {
    const sequence = sequenceOf(message, 'act', 'newconn');
    const [handle] = rest;
    if (sequence !== undefined && isClosable(handle)) pending.set(sequence, handle);
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
