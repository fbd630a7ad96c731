import assert from 'node:assert/strict';
import { test } from 'node:test';

import { plain } from '../../src/cli/table.ts';

test('what others wrote neither moves the cursor nor turns a row around', () => {
  assert.equal(plain('\u001b[31mred\u001b[0m\n9'), 'red 9');
  assert.equal(plain('a\u202eb\u2066c\u0085d'), 'a b c d');
});
