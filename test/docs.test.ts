/** docs/operating.md and docs/tools.md leave nothing out, and what can be copied from a document can be read by its program. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { suite, test } from 'node:test';

import { parseAllDocuments } from 'yaml';

import { CRASH_CLASSES } from '../src/shared/crash-class.ts';
import { ExitCode } from '../src/shared/exit-codes.ts';
import { VARIABLES } from '../src/shared/variables.ts';

const operating = readFileSync('docs/operating.md', 'utf8');
const documents = globSync(['*.md', 'docs/**/*.md']);

/** What is between a heading and the next of its kind. */
function section(heading: string): string {
  const [level = ''] = heading.split(' ');
  const [, after = ''] = operating.split(`\n${heading}\n`);
  return after.split(new RegExp(`^#{1,${level.length}} `, 'm'))[0] ?? '';
}

/** What links to the headings of a document end with. */
function headingsOf(path: string): string[] {
  return [...readFileSync(path, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading.toLowerCase().replaceAll(' ', '-'),
  );
}

/** The members of a union of texts, read from the source: types are gone when this runs. */
function membersOf(path: string, type: string): string[] {
  const [, union = ''] =
    new RegExp(`type ${type} =([^;]*);`).exec(readFileSync(path, 'utf8')) ?? [];
  return [...union.matchAll(/'([^']+)'/g)].map(([, member = '']) => member);
}

/** Every fence of a language, with where it stands. */
function fencesOf(language: string): [string, string][] {
  return documents.flatMap((path) =>
    [...readFileSync(path, 'utf8').matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(
      ([, of, text = '']): [string, string][] => (of === language ? [[path, text]] : []),
    ),
  );
}

suite('docs/operating.md', () => {
  test('says of every crash class what is seen, what it means, and what to do', () => {
    for (const name of CRASH_CLASSES) {
      assert.match(section(`### \`${name}\``), /^- You see: .*^- It means: .*^- Do: /ms, name);
    }
    const headings = [...section('## Crash classes').matchAll(/^### `(\w+)`$/gm)];
    assert.deepEqual(
      headings.map(([, name]) => name),
      CRASH_CLASSES,
    );
  });

  test('says of every exit code what it means', () => {
    const rows = [...section('## Exit codes').matchAll(/^\| (\d+) \| \S.* \| \S.* \|$/gm)];
    assert.deepEqual(
      rows.map(([, code]) => Number(code)),
      Object.values(ExitCode),
    );
  });

  for (const [type, path, heading] of [
    ['SupervisorState', 'src/supervisor/events.ts', '## States of the supervisor'],
    ['SlotState', 'src/supervisor/snapshot.ts', '## States of a slot'],
    ['SessionEnd', 'src/worker/domain/session.ts', '### Why a session ended'],
  ] as const) {
    test(`says of every ${type} what it means`, () => {
      const rows = [...section(heading).matchAll(/^\| `(\w+)` \| \S.* \|$/gm)];
      const members = membersOf(path, type);
      assert.ok(members.length > 5);
      assert.deepEqual(
        rows.map(([, state]) => state),
        members,
      );
    });
  }

  test('says of every event about tools what it means', () => {
    const source = readFileSync('src/supervisor/events.ts', 'utf8');
    const events = [...source.matchAll(/type: '(tools_\w+)'/g)].map(([, name]) => name);
    const rows = [...section('## Reloading tools').matchAll(/^\| `(\w+)` \| \S.* \|$/gm)];
    assert.ok(events.length > 5);
    assert.deepEqual(new Set(rows.map(([, name]) => name)), new Set(events));
  });

  test('names only variables that there are', () => {
    const named = [...operating.matchAll(/\b(MCP_\w+|DATABASE_URL|REDIS_URL)\b/g)];
    const unknown = named.map(([name]) => name).filter((name) => !(name in VARIABLES));
    assert.deepEqual(unknown, []);
  });
});

suite('docs/tools.md', () => {
  const tools = readFileSync('docs/tools.md', 'utf8');
  const assertNamed = (names: readonly string[]): void => {
    assert.ok(names.length > 5);
    const missing = names.filter((name) => !new RegExp(`\`${name}\\b`).test(tools));
    assert.deepEqual(missing, []);
  };

  test('says of every field of a tool what it is, in TypeScript and in YAML', () => {
    const source = readFileSync('src/worker/tools/tool.ts', 'utf8');
    const [, definition = ''] = /interface ToolDefinition<[^]*?> \{([^]*?)^\}/m.exec(source) ?? [];
    assertNamed([...definition.matchAll(/readonly (\w+)\??:/g)].map(([, name = '']) => name));
    const { properties, anyOf } = JSON.parse(readFileSync('docs/tool-file.schema.json', 'utf8'));
    const [{ properties: http }, { properties: sql }] = anyOf;
    assertNamed([...Object.keys(properties), ...Object.keys(sql)]);
    assertNamed(Object.keys(http.http.properties));
  });

  test('says of everything in a context what it is', () => {
    const source = readFileSync('src/worker/domain/context.ts', 'utf8');
    const [, context = ''] = /interface Context \{([^]*?)^\}/m.exec(source) ?? [];
    assertNamed([...context.matchAll(/readonly (\w+):/g)].map(([, name = '']) => name));
  });
});

suite('what operators and authors read', () => {
  for (const path of ['docs/operating.md', 'docs/tools.md']) {
    test(`links to files and headings that there are, in ${path}`, () => {
      for (const [, target = ''] of readFileSync(path, 'utf8').matchAll(/\]\(([^)]+)\)/g)) {
        if (target.startsWith('https:')) continue;
        const [file = '', heading] = target.split('#');
        const found = file === '' ? path : posix.join('docs', file);
        assert.ok(existsSync(found), target);
        if (heading !== undefined && found.endsWith('.md')) {
          assert.ok(headingsOf(found).includes(heading), target);
        }
      }
    });
  }
});

suite('fences', () => {
  test('of YAML are YAML', () => {
    const fences = fencesOf('yaml');
    assert.ok(fences.length >= 2);
    for (const [path, text] of fences) {
      for (const document of parseAllDocuments(text)) {
        assert.deepEqual(document.errors, [], path);
      }
    }
  });

  test('of JSON are JSON', () => {
    for (const [path, text] of fencesOf('json')) {
      assert.doesNotThrow(() => JSON.parse(text), path);
    }
  });

  test('of INI are sections, assignments and remarks', () => {
    const fences = fencesOf('ini');
    assert.ok(fences.length > 0);
    for (const [path, text] of fences) {
      const odd = text.split('\n').filter((line) => !/^(|[#;].*|\[\w+\]|\w+=.*)$/.test(line));
      assert.deepEqual(odd, [], path);
    }
  });
});
