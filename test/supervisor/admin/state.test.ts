import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';

import { Ajv2020 } from 'ajv/dist/2020.js';
import { assert as check, property } from 'fast-check';

import { CRASH_CLASSES } from '../../../src/shared/crash-class.ts';
import { loopingOf, readinessOf } from '../../../src/supervisor/admin/conditions.ts';
import { EventLog } from '../../../src/supervisor/admin/event-log.ts';
import type { ProcessFacts, StateFacts } from '../../../src/supervisor/admin/facts.ts';
import { stateOf } from '../../../src/supervisor/admin/state.ts';
import type { SupervisorSnapshot } from '../../../src/supervisor/snapshot.ts';
import { knowledge, snapshots, times } from './arbitrary.ts';
import { degraded, facts, NOW, running } from './snapshot.ts';

interface Schema {
  readonly description?: string;
  readonly type?: unknown;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

const published: Schema = JSON.parse(readFileSync('docs/supervisor-state.schema.json', 'utf8'));
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const isPublished = ajv.compile(published);
const isExact = ajv.compile({ ...closed(published), $id: 'urn:holdfast:exact' });

/** The schema without room for what it does not name: readers are to be tolerant, and we exact. */
function closed(schema: Schema): object {
  const { properties, items } = schema;
  if (items !== undefined) return { ...schema, items: closed(items) };
  if (properties === undefined) return schema;
  const inner = Object.entries(properties).map(([name, field]) => [name, closed(field)]);
  // Events have fields of their own.
  const isOpen = 'seq' in properties && 'type' in properties;
  return { ...schema, properties: Object.fromEntries(inner), additionalProperties: isOpen };
}

function schemasIn(schema: Schema): Schema[] {
  const inner = [
    ...Object.values(schema.properties ?? {}),
    ...(schema.items ? [schema.items] : []),
  ];
  return [schema, ...inner.flatMap(schemasIn)];
}

function withFacts(snapshot: SupervisorSnapshot, known: ProcessFacts, now = NOW): StateFacts {
  const events = new EventLog({ redact: (text) => text, now: () => NOW });
  events.add({ type: 'state_changed', from: 'INIT', to: snapshot.state, reason: 'x' });
  const conditions = [readinessOf(snapshot), loopingOf(known.history.recentFatals)];
  return {
    ...known,
    now,
    seq: events.lastSeq,
    lastEvents: events.last(20),
    conditions: conditions.map((condition) => ({ ...condition, since: NOW })),
  };
}

/** The state as a reader finds it. */
function read(snapshot: SupervisorSnapshot, known = facts, now = NOW) {
  const state: ReturnType<typeof JSON.parse> = JSON.parse(
    JSON.stringify(stateOf(snapshot, withFacts(snapshot, known, now))),
  );
  return state;
}

const looping = (recentFatals: number) =>
  read(running, { ...facts, history: { ...facts.history, recentFatals } }).conditions[1];

suite('the state', () => {
  test('keeps to its schema, whatever the supervisor knows and whatever its clock does', () => {
    check(
      property(snapshots, knowledge, times, (snapshot, known, now) => {
        const state = read(snapshot, known, now);
        assert.ok(isPublished(state), JSON.stringify(isPublished.errors));
        assert.ok(isExact(state), JSON.stringify(isExact.errors));
      }),
      { numRuns: 300 },
    );
  });

  test('leaves nothing out: every field is demanded, and described', () => {
    const schemas = schemasIn(published);
    assert.ok(schemas.length > 120);
    for (const schema of schemas) {
      assert.ok((schema.description ?? '').length > 1, JSON.stringify(schema));
      if (schema.properties === undefined) continue;
      assert.deepEqual(schema.required, Object.keys(schema.properties));
    }
  });

  test('is refused by its schema when a field is absent, of another kind, or of another unit', () => {
    const state = read(degraded);
    const [worker] = state.workers;
    const [condition] = state.conditions;
    assert.ok(isPublished(state));
    const { seq: _, ...withoutSeq } = state;
    for (const wrong of [
      withoutSeq,
      { ...state, schema: 'mcp.supervisor.state/2' },
      { ...state, now: NOW },
      { ...state, now: '2026-11-22 11:30:00' },
      { ...state, supervisor: { ...state.supervisor, state: 'HAPPY' } },
      { ...state, supervisor: { ...state.supervisor, uptimeSeconds: '8123' } },
      { ...state, workers: [{ ...worker, pid: undefined }] },
      { ...state, workers: [{ ...worker, lastExit: undefined }] },
      { ...state, conditions: [{ ...condition, reason: 'of two words' }] },
    ]) {
      assert.ok(!isPublished(JSON.parse(JSON.stringify(wrong))));
    }
    assert.ok(!isExact({ ...state, extra: 1 }));
    assert.ok(isPublished({ ...state, extra: 1 }));
  });

  test('knows every crash class, and every state', () => {
    const text = JSON.stringify(published);
    for (const name of CRASH_CLASSES) assert.ok(text.includes(`"${name}"`), name);
  });

  test('shows a fallen worker: how it ended, and when the next comes', () => {
    const [serving, fallen] = read(degraded).workers;
    assert.equal(serving.uptimeSeconds, 8_100);
    assert.equal(serving.elu, 0.21);
    assert.deepEqual(serving.connections, { ws: 251, http: 12 });
    assert.equal(serving.lastExit, null);
    assert.equal(fallen.pid, null);
    assert.equal(fallen.uptimeSeconds, null);
    assert.equal(fallen.nextStartAt, '2026-11-22T11:30:02.000Z');
    assert.deepEqual(fallen.lastExit, {
      at: '2026-11-22T11:29:59.000Z',
      code: 70,
      signal: null,
      class: 'uncaught',
      phase: 'run',
      uptimeSeconds: 52,
      cause: 'TypeError: Cannot read properties of undefined',
      fingerprint: 'a1b2c3d4e5f6',
      stderrTail: ['TypeError: Cannot read properties of undefined', '    at add (tools.ts:7:3)'],
      stack: null,
    });
  });

  test('counts the slots by what they do', () => {
    const { capacity } = read(degraded);
    assert.deepEqual(capacity, {
      desired: 2,
      ready: 1,
      starting: 0,
      draining: 0,
      backoff: 1,
      parked: 0,
      min: 1,
    });
  });

  test('says that we loop from the third fatal exit on', () => {
    assert.equal(looping(0).reason, 'NoRecentFatal');
    assert.deepEqual([looping(2).status, looping(2).reason], ['False', 'FewRecentFatals']);
    assert.deepEqual([looping(3).status, looping(3).reason], ['True', 'RecentFatals']);
  });

  test('dates nothing before its time: a clock that goes back makes no negative duration', () => {
    assert.equal(read(running, facts, 0).supervisor.uptimeSeconds, 0);
  });
});
