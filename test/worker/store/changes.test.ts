import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type { EventLog } from '../../../src/worker/domain/bus.ts';
import type { Change } from '../../../src/worker/domain/change.ts';
import { SharedChanges } from '../../../src/worker/store/changes.ts';

/** A log that all workers of a test follow. */
function openLog(): Pick<EventLog, 'append' | 'follow'> & { readonly appended: object[] } {
  const heeded = new Set<Parameters<EventLog['follow']>[2]>();
  const appended: object[] = [];
  return {
    appended,
    async append(_log, message) {
      const id = `${appended.push(message)}-0`;
      for (const heed of heeded) heed({ id, message });
      return id;
    },
    async follow(_log, _from, heed) {
      heeded.add(heed);
      return { [Symbol.dispose]: () => heeded.delete(heed) };
    },
  };
}

async function open(log: ReturnType<typeof openLog>) {
  // No more of a log is asked for.
  const changes = await SharedChanges.open(log as EventLog);
  const told: Change[] = [];
  changes.listen((change) => told.push(change));
  return { changes, told };
}

suite('what changed', () => {
  test('is told to those of all workers, or to those of one alone', async () => {
    const log = openLog();
    const [here, there] = [await open(log), await open(log)];
    await here.changes.announce({ list: 'prompts' });
    here.changes.tellHere({ list: 'tools' });
    assert.deepEqual(here.told, [{ list: 'prompts' }, { list: 'tools' }]);
    assert.deepEqual(there.told, [{ list: 'prompts' }]);
    assert.deepEqual(log.appended, [{ list: 'prompts' }]);
  });
});
