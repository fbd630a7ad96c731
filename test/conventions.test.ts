/** What CONTRIBUTING.md asks for and neither compiler nor linter can see. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { suite, test } from 'node:test';

const files = globSync(['src/**/*.ts', 'examples/**/*.ts', 'test/**/*.ts']);
const sources = new Map(files.map((path) => [path, readFileSync(path, 'utf8')]));
const ours = new Map([...sources].filter(([path]) => path.startsWith('src/')));

const DRAWERS = /^(utils?|helpers?|common|manager|base|misc|lib)\.ts$/;
const EXPORTED = /^export (?:async )?(?:abstract )?(?:function|class|interface|type|const) (\w+)/;

/** Lines of files that are at fault, as `path:line text`. */
function linesWhere(
  of: ReadonlyMap<string, string>,
  isAtFault: (line: string, before: string) => boolean,
): string[] {
  return [...of].flatMap(([path, source]) => {
    const lines = source.split('\n');
    return lines.flatMap((line, index) =>
      isAtFault(line, lines[index - 1] ?? '') ? [`${path}:${index + 1} ${line.trim()}`] : [],
    );
  });
}

/** In texts, such as SQL over several lines, `as` is something else. The lines stay. */
function withoutTexts(source: string): string {
  return source.replace(/`[^`]*`/g, (text) => text.replace(/[^\n]/g, ''));
}

/** A type assertion outside of imports, and with no reason beside or above it. */
function isBareAssertion(line: string, before: string): boolean {
  const code = line.replace(/'[^']*'|`[^`]*`/g, "''");
  if (!/[\w)\]}] as (?!const\b)[A-Za-z{(]/.test(code)) return false;
  if (/^\s*(import|export)\b|^\s*(type )?\w+ as \w+,?$|^\s*(\/?\*|\/\/)/.test(code)) return false;
  return !line.includes('//') && !before.trim().startsWith('//');
}

/** Options are said with the function that takes them. */
function isUndocumentedExport(line: string, before: string): boolean {
  const [, name = 'Options'] = EXPORTED.exec(line) ?? [];
  return !name.endsWith('Options') && !before.trim().endsWith('*/');
}

suite('conventions', () => {
  test('no file is a drawer', () => {
    assert.deepEqual(
      files.filter((path) => DRAWERS.test(basename(path))),
      [],
    );
  });

  test('an index.ts exists only where it is what others import', () => {
    assert.deepEqual(
      files.filter((path) => basename(path) === 'index.ts'),
      ['src/index.ts'],
    );
  });

  test('what is exported says what it is for', () => {
    assert.deepEqual(linesWhere(ours, isUndocumentedExport), []);
  });

  test('a type assertion says why it holds', () => {
    const code = new Map([...ours].map(([path, source]) => [path, withoutTexts(source)]));
    assert.deepEqual(linesWhere(code, isBareAssertion), []);
  });

  test('a rule is switched off with a reason only', () => {
    const silenced = /(oxlint|eslint|biome)-(disable|ignore)|@ts-(ignore|nocheck|expect-error)/;
    const found = linesWhere(
      new Map([...sources].filter(([path]) => path !== 'test/conventions.test.ts')),
      (line) => silenced.test(line) && !line.includes(' -- '),
    );
    assert.deepEqual(found, []);
  });

  test('dependencies are pinned exactly', () => {
    const manifest: Readonly<Record<string, Readonly<Record<string, string>>>> = JSON.parse(
      readFileSync('package.json', 'utf8'),
    );
    const pins = ['dependencies', 'optionalDependencies', 'devDependencies'].flatMap((kind) =>
      Object.entries(manifest[kind] ?? {}),
    );
    assert.ok(pins.length > 10);
    assert.deepEqual(
      pins.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)),
      [],
    );
  });

  test('SQL keywords are in lower case', () => {
    const shouted = /\b(SELECT|INSERT INTO|DELETE FROM|CREATE TABLE|ALTER TABLE|ORDER BY)\b/;
    const sql = new Map([
      ...ours,
      ...globSync(['src/**/*.sql', 'examples/**/*.sql']).map(
        (path) => [path, readFileSync(path, 'utf8')] as const,
      ),
    ]);
    assert.deepEqual(
      linesWhere(sql, (line) => shouted.test(line)),
      [],
    );
  });

  test('node:http and prom-client are imported for their types alone', () => {
    const loads =
      /^(?:import|export)\b(?! type\b)[^;=]*?'(?:node:http|prom-client)'|\bimport\('(?:node:http|prom-client)'/m;
    assert.deepEqual(
      [...ours].filter(([path, source]) => !path.endsWith('.d.ts') && loads.test(source)),
      [],
    );
    assert.ok(loads.test("import {\n  createServer,\n  type Server,\n} from 'node:http';"));
    assert.ok(loads.test("import 'node:http';"));
    assert.ok(!loads.test("import type { Server } from 'node:http';"));
  });

  test('the checks still bite', () => {
    assert.ok(isBareAssertion('const a = value as Config;', ''));
    assert.ok(!isBareAssertion('const a = value as Config; // parsed above', ''));
    assert.ok(!isBareAssertion("import { a as b } from 'c';", ''));
    assert.equal(withoutTexts('a(`\nwith b as (c)`, d as E)'), 'a(\n, d as E)');
    assert.ok(isUndocumentedExport('export const A = 1;', ''));
    assert.ok(DRAWERS.test('utils.ts'));
  });
});
