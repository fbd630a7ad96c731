/** More tools, resources, templates and prompts than fit on one page of a list. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Of each kind. A page has 100 entries. */
const MANY = 101;
const NUMBERS = Array.from({ length: MANY }, (_, index) => String(index).padStart(3, '0'));

/** What identifies each of them in its list. */
export const many = {
  tools: NUMBERS.map((number) => `many_${number}`),
  resources: NUMBERS.map((number) => `many://resource/${number}`),
  templates: NUMBERS.map((number) => `many://template/${number}/{id}`),
  prompts: NUMBERS.map((number) => `many_${number}`),
} as const;

/** Writes a file that defines them, and goes when it is disposed of. */
export function writeMany(): Disposable & { readonly file: string } {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-many-'));
  const file = join(folder, 'many.mjs');
  const lines = [
    'import { definePrompt, defineResource, defineTool } from ',
    `${JSON.stringify(import.meta.resolve('../../src/index.ts'))};\n`,
    ...NUMBERS.map((number, index) => defineEach(number, index)),
  ];
  writeFileSync(file, lines.join(''));
  return {
    file,
    [Symbol.dispose]: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function defineEach(number: string, index: number): string {
  return `
    export const tool${number} = defineTool({
      name: '${many.tools[index]}', description: 'One of many.', run: async () => '${number}',
    });
    export const resource${number} = defineResource({
      uri: '${many.resources[index]}', name: 'resource-${number}', read: async () => '${number}',
    });
    export const template${number} = defineResource({
      uri: '${many.templates[index]}', name: 'template-${number}', read: async () => '${number}',
    });
    export const prompt${number} = definePrompt({
      name: '${many.prompts[index]}', get: async () => '${number}',
    });\n`;
}
