import assert from 'node:assert/strict';

import { silent } from '../../../../src/shared/logger.ts';
import type { ToolResult } from '../../../../src/worker/domain/tool-result.ts';
import { parseDocuments } from '../../../../src/worker/tools/declared/document.ts';
import { declareTool } from '../../../../src/worker/tools/declared/tool.ts';
import { createToolRegistry } from '../../../../src/worker/tools/registry.ts';
import type { Tool } from '../../../../src/worker/tools/tool.ts';
import { openEgress } from '../../egress/asked.ts';
import { callTool, contextOf, entryOf, noFacilities, runCall } from '../tool-context.ts';

/** A tool whose request is that, with as many parameters as it says. */
export function declareHttp(http: string, parameters = '{}', more = '', environment = {}): Tool {
  const head = 'name: tried\ndescription: Tries.\nkind: http\n';
  const text = `${head}${more}parameters: ${parameters}\nhttp:${http}\n`;
  const [document] = parseDocuments(text, 'tried.yaml');
  assert.ok(document);
  return declareTool(document, { environment, log: silent });
}

/** Calls it, where it may ask servers of this machine. */
export async function callHttp(
  tool: Tool,
  given: Readonly<Record<string, unknown>> = {},
  context: Parameters<typeof contextOf>[0] = {},
): Promise<ToolResult> {
  await using opened = openEgress();
  const entry = entryOf(tool, { ...noFacilities, fetch: opened.egress.source() });
  const registered = createToolRegistry([entry]).find(tool.name);
  assert.ok(registered);
  return await callTool(registered, given, contextOf(context), runCall);
}
