import assert from 'node:assert/strict';
import { test } from 'node:test';

import { findMisspelled } from '../../src/shared/misspelled.ts';

const known = ['MCP_PORT', 'MCP_LOG_LEVEL', 'DATABASE_URL'];

test('a name two letters off is taken for a typing error', () => {
  assert.deepEqual(findMisspelled({ MCP_PROT: '1', MCP_LOGLEVEL: '2' }, known), [
    { name: 'MCP_PROT', meant: 'MCP_PORT' },
    { name: 'MCP_LOGLEVEL', meant: 'MCP_LOG_LEVEL' },
  ]);
});

test('names we know, of other programs, or far from ours, are left alone', () => {
  const env = {
    MCP_PORT: '1',
    MCP_PORT_FILE: 'x',
    MCP_SOMETHING_ELSE: '2',
    PORT: '3',
    MCP_TRANSPORT: '',
  };
  assert.deepEqual(findMisspelled(env, known), []);
});
