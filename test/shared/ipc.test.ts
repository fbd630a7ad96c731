import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  encodeWorkerRole,
  parseFromSupervisor,
  parseFromWorker,
  parseWorkerRole,
} from '../../src/shared/ipc.ts';

test('passes over what is not ours: the channel has other users', () => {
  for (const message of [
    null,
    'ready',
    {},
    { type: 'x' },
    { type: 'ready' },
    { cmd: 'NODE_CLUSTER' },
  ]) {
    assert.equal(parseFromWorker(message), undefined);
    assert.equal(parseFromSupervisor(message), undefined);
  }
  assert.deepEqual(parseFromWorker({ type: 'ready', port: 3000 }), { type: 'ready', port: 3000 });
  assert.deepEqual(parseFromWorker({ type: 'heartbeat' }), { type: 'heartbeat' });
  for (const type of ['drain', 'reopen-log']) {
    assert.deepEqual(parseFromSupervisor({ type, more: 1 }), { type });
  }
});

test('a role is read back as it was written', () => {
  for (const role of [
    { slot: 3, canary: false },
    { slot: 0, canary: true },
  ]) {
    assert.deepEqual(parseWorkerRole(encodeWorkerRole(role)), role);
  }
});
