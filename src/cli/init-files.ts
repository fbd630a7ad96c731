/** What `holdfast init` writes: a tool in TypeScript, one in SQL, and what the editor, npm and an agent ask for. */
const GREET = [
  "import { defineTool } from 'mcp-holdfast';",
  "import { z } from 'zod';",
  '',
  'export const greet = defineTool({',
  "  name: 'greet',",
  "  description: 'Greets somebody by name.',",
  '  annotations: { readOnlyHint: true },',
  "  input: z.object({ name: z.string().describe('Who is greeted') }),",
  '  output: z.object({ greeting: z.string() }),',
  '  run: async ({ name }) => ({ greeting: `Hello, ${name}!` }),',
  '});',
  '',
].join('\n');

const ADD = [
  'name: add',
  'description: Adds two whole numbers.',
  'kind: sql',
  'parameters:',
  '  a: { type: integer, description: The one number }',
  '  b: { type: integer, description: The other }',
  'sql: select $a::bigint + $b::bigint as sum',
  '',
].join('\n');

const CLIENT = {
  mcpServers: { holdfast: { type: 'ws', url: 'ws://127.0.0.1:3000/mcp' } },
};

const TYPESCRIPT = {
  compilerOptions: {
    target: 'esnext',
    module: 'nodenext',
    noEmit: true,
    strict: true,
    erasableSyntaxOnly: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
  },
  include: ['tools'],
};

/** The files, by their paths below the folder that is begun. */
export function filesOf(version: string): Readonly<Record<string, string>> {
  const manifest = {
    private: true,
    type: 'module',
    scripts: { dev: 'holdfast dev', check: 'holdfast tools check' },
    dependencies: { 'mcp-holdfast': `^${version}` },
  };
  return {
    'tools/greet.ts': GREET,
    'tools/add.yaml': ADD,
    '.mcp.json': json(CLIENT),
    'package.json': json(manifest),
    'tsconfig.json': json(TYPESCRIPT),
  };
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
