import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { suite, test } from 'node:test';

interface Package {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
}

const LICENSES = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'Python-2.0',
];
const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

const manifest: {
  readonly allowScripts: Readonly<Record<string, boolean>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
} = JSON.parse(readFileSync('package.json', 'utf8'));
const lock: { readonly packages: Readonly<Record<string, Package>> } = JSON.parse(
  readFileSync('package-lock.json', 'utf8'),
);
const packages = Object.entries(lock.packages).filter(([path]) => path !== '');
const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 13);

suite('the packages that we are made of', () => {
  test('are as many as we know, and each under a licence that is on the list (S66)', () => {
    const ours = packages.filter(([, { dev }]) => dev !== true);
    assert.ok(ours.length > 50);
    const others = ours.filter(([, { license = 'none' }]) => !LICENSES.includes(license));
    assert.deepEqual(
      others.map(([path]) => path),
      [],
    );
  });

  test('say of themselves what the lock file says of them (S66)', () => {
    const manifests = globSync('node_modules/{*,@*/*}/package.json');
    assert.ok(manifests.length > 50);
    const different = manifests.filter((path) => {
      const found: { version?: string; license?: unknown } = JSON.parse(readFileSync(path, 'utf8'));
      const locked = lock.packages[path.replace('/package.json', '')];
      if (locked === undefined || locked.dev === true) return false;
      return (
        found.version !== locked.version ||
        (typeof found.license === 'string' && found.license !== locked.license)
      );
    });
    assert.deepEqual(different, []);
  });

  test('run nothing when they are installed, but for those that may (S66)', () => {
    const running = packages.filter(([, { hasInstallScript }]) => hasInstallScript === true);
    const allowed = Object.keys(manifest.allowScripts).filter(
      (name) => manifest.allowScripts[name],
    );
    assert.deepEqual(running.map(([path]) => nameOf(path)).toSorted(), allowed.toSorted());
  });

  test('are of one version each, and of these very bytes, from the registry (S66)', () => {
    const named = Object.entries({ ...manifest.dependencies, ...manifest.optionalDependencies });
    assert.deepEqual(
      named.filter(([, version]) => !EXACT.test(version)),
      [],
    );
    const loose = packages.filter(
      ([, { version = '', integrity = '', resolved = 'https://registry.npmjs.org/', link }]) =>
        link === true ||
        !EXACT.test(version) ||
        !integrity.startsWith('sha512-') ||
        !resolved.startsWith('https://registry.npmjs.org/'),
    );
    assert.deepEqual(
      loose.map(([path]) => path),
      [],
    );
  });
});

suite('the image', () => {
  const lines = readFileSync('Dockerfile', 'utf8').replaceAll('\\\n', ' ').split('\n');
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));

  test('is run by a user that is not root, by number (S66)', () => {
    const users = last.filter((line) => line.startsWith('USER ')).map((line) => line.slice(5));
    assert.deepEqual(users, ['1000:1000']);
    const after = last.slice(last.findIndex((line) => line.startsWith('USER ')));
    assert.deepEqual(
      after.filter((line) => /^(RUN|COPY|ADD) /.test(line)),
      [],
    );
  });

  test('has an init beside what its base has, and no other program; and nothing in it is ours to write (S66)', () => {
    const installed = last.flatMap((line) => [...line.matchAll(/apt-get install ([^&|;]*)/g)]);
    const names = installed
      .flatMap(([, list = '']) => list.trim().split(/\s+/))
      .filter((word) => !word.startsWith('-'));
    assert.deepEqual(names, ['tini']);
    assert.deepEqual(
      last.filter((line) => /\b(curl|wget|ADD)\b/.test(line)),
      [],
    );
    const copied = last.filter((line) => line.startsWith('COPY '));
    assert.ok(copied.length > 0 && copied.every((line) => line.includes('--chown=root:root')));
  });

  test('is built of a base that is named to the last number, and runs no script of a package (S66)', () => {
    assert.ok(lines.some((line) => /^ARG NODE_IMAGE=node:\d+\.\d+\.\d+-\w+-slim$/.test(line)));
    const installs = lines.filter((line) => /npm (ci|install)/.test(line));
    assert.ok(installs.length > 0);
    assert.ok(installs.every((line) => /npm ci .*--omit=dev.*--ignore-scripts/.test(line)));
  });
});
