import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { z } from 'zod';

import { declare, openShop, sqlTool } from '../worker/tools/declared/declared.ts';
import { INJECTIONS } from '../worker/tools/declared/injections.ts';
import { noFacilities } from '../worker/tools/tool-context.ts';
import { modernCallOf, modernHeaders, post, serveMcp } from '../worker/transport/mcp-served.ts';

const TABLES = `create table accounts (id int, owner text, pin text);
  insert into accounts values (1, 'ann', '1111'), (2, 'bob', '2222');`;
const PARAMETERS = 'parameters: { owner: { type: string } }\n';
/** Asks for one's own, in the ways that are spliced elsewhere. */
const STATEMENTS = [
  'select id, owner from accounts where owner = $owner',
  `select id, owner from accounts where owner like $owner || '%' escape '' and $owner = owner`,
  'select id, owner from accounts where owner in ($owner)',
  'select id, owner from accounts where owner = any(array[$owner])',
];
const COMMANDS = [
  '; rm -rf /',
  '$(rm -rf /)',
  '`rm -rf /`',
  '--upload-pack=touch /tmp/x',
  '../../../../etc/passwd',
  "' OR 1=1",
  "ann\0' OR 1=1 --",
];

const Result = z.object({
  result: z.object({
    isError: z.boolean().optional(),
    content: z.array(z.object({ text: z.string() })),
    structuredContent: z.object({ rows: z.array(z.unknown()) }).optional(),
  }),
});

suite('an argument', () => {
  for (const sql of STATEMENTS) {
    test(`is never part of a statement (S51): ${sql}`, async () => {
      await using shop = await openShop(TABLES);
      await using served = await serveMcp({
        tools: [declare(sqlTool(sql, PARAMETERS))],
        facilities: { ...noFacilities, db: shop.source },
      });
      const ask = async (owner: string): Promise<z.output<typeof Result>['result']> => {
        const call = modernCallOf('ask', { arguments: { owner } });
        const answer = await post(served.url, call, modernHeaders('tools/call', 'ask'));
        assert.equal(answer.status, 200);
        return Result.parse(await answer.json()).result;
      };
      const { structuredContent } = await ask('ann');
      assert.deepEqual(structuredContent?.rows, [{ id: 1, owner: 'ann' }]);
      const before = await shop.run('select * from accounts');
      for (const owner of [...COMMANDS, ...INJECTIONS.filter((text) => text.length < 10_000)]) {
        // oxlint-disable-next-line no-await-in-loop -- what one of them does would be seen in the next
        const { isError, content, structuredContent: found } = await ask(owner);
        // It is nobody's name, or it is said in our words why it can be none.
        if (isError !== true) assert.deepEqual(found?.rows, [], owner);
        else assert.equal(content[0]?.text, 'A text has a character in it that cannot be kept');
      }
      assert.deepEqual(await shop.run('select * from accounts'), before);
    });
  }
});
