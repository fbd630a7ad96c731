import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import { keptFolder } from '../../../src/shared/generation.ts';
import { Generations } from '../../../src/supervisor/generations/generations.ts';
import { recordLog } from '../../worker/recorded-log.ts';
import { type GenerationsFolder, makeFolders } from './generations-folder.ts';

const NOW = Date.UTC(2026, 10, 22);

function generationsIn({ stateFolder }: GenerationsFolder, now = () => NOW) {
  const { log, lines } = recordLog();
  return { generations: new Generations({ stateFolder, now, log }), lines };
}

/** What the next start makes of it, once a worker serves it. */
function restart(folders: GenerationsFolder) {
  const started = generationsIn(folders);
  started.generations.open([folders.tools]);
  started.generations.noteServed();
  return started;
}

suite('generations', () => {
  test('begin with what is on disk', () => {
    using folders = makeFolders();
    folders.write('a.ts', '1');
    const { generations } = restart(folders);
    assert.equal(generations.current.sources[0]?.path, folders.tools);
    assert.equal(generations.servedAt, NOW);
    assert.equal(generations.findPrevious(), undefined);
  });

  test('cannot begin with what is not there', () => {
    using folders = makeFolders();
    const { generations } = generationsIn(folders);
    assert.throws(() => {
      generations.open([join(folders.tools, 'nowhere')]);
    }, /MCP_TOOLS names .*nowhere, and there is nothing there/);
    assert.ok(!generations.isOpen);
    assert.throws(() => generations.current, /opened first/);
  });

  test('know at the next start what was served, and what before', () => {
    using folders = makeFolders();
    folders.write('a.ts', '1');
    const first = restart(folders).generations;
    folders.write('a.ts', '2');
    const second = first.keep([folders.tools]);
    first.advance(second);
    const { generations } = restart(folders);
    assert.equal(generations.current.id, second.id);
    assert.equal(generations.findPrevious()?.id, first.findPrevious()?.id);
    assert.notEqual(generations.previousId, second.id);
  });

  test('can go back to what an earlier run served, if the files changed while nobody ran', () => {
    using folders = makeFolders();
    folders.write('a.ts', '1');
    const before = restart(folders).generations.current.id;
    folders.write('a.ts', '2');
    const { generations } = restart(folders);
    assert.notEqual(generations.current.id, before);
    assert.equal(generations.previousId, before);
  });

  test('lead back to what was served, past what no worker ever could', () => {
    using folders = makeFolders();
    folders.write('a.ts', 'good');
    const good = restart(folders).generations.current.id;
    for (const broken of ['broken', 'broken too']) {
      folders.write('a.ts', broken);
      const { generations } = generationsIn(folders);
      generations.open([folders.tools]);
      assert.equal(generations.previousId, good);
    }
    folders.write('a.ts', 'mended');
    const { generations } = generationsIn(folders);
    generations.open([folders.tools]);
    assert.equal(generations.findPrevious()?.id, good);
    folders.write('a.ts', 'mended while it runs');
    generations.advance(generations.keep([folders.tools]));
    assert.equal(generations.findPrevious()?.id, good);
    assert.equal(restart(folders).generations.previousId, good);
  });

  test('stay gone back from at the next start, until the files change', () => {
    using folders = makeFolders();
    folders.write('a.ts', '1');
    const { generations } = restart(folders);
    const good = generations.current;
    folders.write('a.ts', '2');
    const bad = generations.keep([folders.tools]);
    generations.advance(bad);
    generations.goBack(good);
    assert.equal(generations.current.id, good.id);
    assert.equal(generations.findPrevious(), undefined);
    assert.ok(generations.isRejected(bad.id));

    const again = restart(folders);
    assert.equal(again.generations.current.id, good.id);
    assert.match(JSON.stringify(again.lines), /rolled back from/);
    assert.ok(restart(folders).generations.isRejected(bad.id));

    folders.write('a.ts', '3');
    const { generations: mended } = restart(folders);
    assert.ok(![good.id, bad.id].includes(mended.current.id));
    assert.ok(!mended.isRejected(bad.id));
    assert.equal(mended.previousId, good.id);
  });

  test('take what was rolled back from, if nothing else is left', () => {
    using folders = makeFolders();
    folders.write('a.ts', '1');
    const { generations } = restart(folders);
    const good = generations.current;
    folders.write('a.ts', '2');
    const bad = generations.keep([folders.tools]);
    generations.advance(bad);
    generations.goBack(good);
    for (const source of good.sources) {
      rmSync(keptFolder(folders.stateFolder, source), { recursive: true });
    }
    assert.equal(restart(folders).generations.current.id, bad.id);
  });

  test('forget what somebody else wrote, and say so', () => {
    using folders = makeFolders();
    folders.write('a.ts', '1');
    restart(folders);
    const path = join(folders.stateFolder, 'generations/current.json');
    for (const spoil of [
      () => {
        writeFileSync(path, '{');
      },
      () => {
        writeFileSync(path, '{"current": 7}');
      },
      () => {
        rmSync(path);
        mkdirSync(path);
      },
    ]) {
      spoil();
      const { generations, lines } = restart(folders);
      assert.equal(generations.previousId, undefined);
      assert.equal(lines[0]?.level, 'warn');
    }
  });

  test('are read by their owner alone', () => {
    using folders = makeFolders();
    folders.write('a.ts', '1');
    restart(folders);
    const { mode } = statSync(join(folders.stateFolder, 'generations/current.json'));
    assert.equal(mode & 0o777, 0o600);
  });

  test('go on where it cannot be written down', () => {
    using folders = makeFolders();
    folders.write('a.ts', '1');
    const { generations, lines } = restart(folders);
    folders.write('a.ts', '2');
    const next = generations.keep([folders.tools]);
    const path = join(folders.stateFolder, 'generations');
    rmSync(path, { recursive: true });
    writeFileSync(path, '');
    generations.advance(next);
    assert.equal(generations.current.id, next.id);
    assert.equal(lines.at(-1)?.level, 'warn');
  });
});

/** So many generations, one second after the other, the last of them served. */
function many(folders: GenerationsFolder, count: number): Generations {
  let now = NOW;
  const { generations } = generationsIn(folders, () => now);
  folders.write('a.ts', '0');
  generations.open([folders.tools]);
  generations.noteServed();
  for (let version = 1; version < count; version++) {
    now += 1_000;
    folders.write('a.ts', String(version));
    generations.advance(generations.keep([folders.tools]));
  }
  return generations;
}

const idsIn = ({ stateFolder }: GenerationsFolder): string[] =>
  readdirSync(join(stateFolder, 'generations')).filter((name) => /^[0-9a-f]+\.json$/.test(name));

suite('what was kept', () => {
  test('is deleted but for what is served, what was, and the last ten', () => {
    using folders = makeFolders();
    const generations = many(folders, 20);
    assert.equal(idsIn(folders).length, 20);
    generations.prune([]);
    assert.equal(idsIn(folders).length, 12);
    assert.equal(readdirSync(join(folders.stateFolder, 'tools')).length, 12);
    assert.ok(generations.findPrevious() !== undefined);
    assert.ok(existsSync(join(folders.stateFolder, 'generations/current.json')));
  });

  test('is deleted at the start too: many never reload', () => {
    using folders = makeFolders();
    many(folders, 20);
    restart(folders);
    assert.equal(idsIn(folders).length, 12);
  });

  test('is deleted where it cannot be read, and so is the rest', () => {
    using folders = makeFolders();
    const generations = many(folders, 20);
    const [spoiled] = idsIn(folders).filter((name) => !name.startsWith(generations.current.id));
    assert.ok(spoiled !== undefined);
    for (const name of [spoiled, '00.json', `${generations.current.id}.json`]) {
      writeFileSync(join(folders.stateFolder, 'generations', name), '{');
    }
    generations.prune([]);
    assert.ok(!idsIn(folders).includes(spoiled));
    assert.ok(idsIn(folders).length <= 12);
    const { current } = generations;
    assert.ok(current.sources.every((each) => existsSync(keptFolder(folders.stateFolder, each))));
  });

  test('stays while a worker has it', () => {
    using folders = makeFolders();
    const generations = many(folders, 20);
    const oldest = idsIn(folders)
      .map((name) => readFileSync(join(folders.stateFolder, 'generations', name), 'utf8'))
      .map((text): { id: string; at: number } => JSON.parse(text))
      .toSorted((a, b) => a.at - b.at)[0];
    assert.ok(oldest !== undefined);
    generations.prune([oldest.id]);
    assert.equal(idsIn(folders).length, 13);
    assert.ok(idsIn(folders).includes(`${oldest.id}.json`));
  });

  test('goes with what was found when it was proved', () => {
    using folders = makeFolders();
    const generations = many(folders, 14);
    const proofOf = (id: string): string =>
      join(folders.stateFolder, 'generations', `${id}.proof.json`);
    for (const name of idsIn(folders)) writeFileSync(proofOf(name.replace('.json', '')), '{}');
    generations.prune([]);
    const left = readdirSync(join(folders.stateFolder, 'generations'));
    assert.equal(left.filter((name) => name.endsWith('.proof.json')).length, 12);
    assert.ok(existsSync(proofOf(generations.current.id)));
  });

  test('is rid of what was written half, but not of what is being written', () => {
    using folders = makeFolders();
    const generations = many(folders, 2);
    const abandoned = join(folders.stateFolder, 'tools/abc.17.new');
    const begun = join(folders.stateFolder, 'generations/def.json.18.new');
    mkdirSync(abandoned);
    utimesSync(abandoned, 0, 0);
    writeFileSync(begun, '{');
    generations.prune([]);
    assert.ok(!existsSync(abandoned));
    assert.ok(existsSync(begun));
  });
});
