import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import {
  encodeWorkerRole,
  parseFromSupervisor,
  parseFromWorker,
  parseWorkerRole,
} from '../../src/shared/ipc.ts';

const NOT_OURS = [
  null,
  undefined,
  'ready',
  7,
  [],
  {},
  { type: 'newconn' },
  { cmd: 'NODE_CLUSTER' },
];

suite('messages between processes', () => {
  test('are read as they were sent', () => {
    const ready = { type: 'ready', port: 3000, generation: 'g' };
    assert.deepEqual(parseFromWorker(ready), ready);
    const report = { name: 'redis', required: false, status: 'down', address: 'h:1', attempt: 3 };
    const dependency = { type: 'dependency', ...report };
    assert.deepEqual(parseFromWorker(dependency), dependency);
    const dependencies = { type: 'dependencies', dependencies: [report] };
    assert.deepEqual(parseFromSupervisor(dependencies), dependencies);
    assert.deepEqual(parseFromSupervisor({ type: 'reopen-log' }), { type: 'reopen-log' });
    assert.deepEqual(parseFromSupervisor({ type: 'go', generation: 'g' }), {
      type: 'go',
      generation: 'g',
    });
  });

  test('that are not ours are passed over', () => {
    for (const message of NOT_OURS) {
      assert.equal(parseFromWorker(message), undefined);
      assert.equal(parseFromSupervisor(message), undefined);
    }
  });

  test('with a field that is missing or wrong are passed over', () => {
    const wrong = [
      { type: 'ready' },
      { type: 'ready', port: '3000' },
      { type: 'phase', name: 'dreaming' },
      { type: 'phase', name: 'setup', limitMs: Number.NaN },
      { type: 'fatal', class: 'uncaught', message: 'x', calls: [{ tool: 'a' }] },
      {
        type: 'metrics',
        families: [
          {
            name: 'a',
            help: '',
            type: 'counter',
            aggregator: 'sum',
            values: [{ value: 1, labels: { a: [] } }],
          },
        ],
      },
    ];
    for (const message of wrong) assert.equal(parseFromWorker(message), undefined, message.type);
    assert.equal(parseFromSupervisor({ type: 'drain', reason: 'stop' }), undefined);
  });
});

test('a worker reads the role it was forked with', () => {
  const role = { slot: 3, canary: false, breadcrumbs: '/run/crumbs' };
  assert.deepEqual(parseWorkerRole(encodeWorkerRole(role)), role);
  assert.deepEqual(parseWorkerRole({}), { slot: 0, canary: true, breadcrumbs: undefined });
});
