import assert from 'node:assert/strict';
import { test } from 'node:test';

import { redactorOf } from '../../src/shared/redact.ts';

test('strikes out secrets by their value, wherever they turn up', () => {
  const redact = redactorOf({
    DATABASE_URL: 'postgresql://mcp:hunter%232@db/mcp',
    API_TOKEN: 'tok-123456',
    MCP_PORT: '3000',
  });
  const text = redact(
    'hunter#2 hunter%232 tok-123456 on 3000 and postgresql://mcp:hunter%232@db/mcp',
  );
  assert.equal(text, '[redacted] [redacted] [redacted] on 3000 and [redacted]');
});

test('strikes out credentials in any URL, and bearer tokens', () => {
  const redact = redactorOf({});
  assert.equal(redact('redis://:pw@cache/0'), 'redis://[redacted]@cache/0');
  assert.equal(redact('Authorization: Bearer abc.def'), 'Authorization: Bearer [redacted]');
});

test('does not take a short value for a secret: it would strike out everything', () => {
  assert.equal(redactorOf({ KEY: 'on' })('turned on'), 'turned on');
});
