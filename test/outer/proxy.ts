/** The proxies we ship a configuration for, started with that very file: its addresses and paths replaced. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { findFreePort } from '../worker/store/free-port.ts';

const DEPLOY = join(import.meta.dirname, '../../deploy');
export const NAME = 'mcp.example.com';

/** One proxy: the package it comes in, and how it is started in a folder, in front of a port. */
export interface ProxyKind {
  readonly program: string;
  readonly package: string;
  readonly start: (folder: string, ports: Ports) => ChildProcess;
}

export interface Ports {
  readonly holdfast: number;
  readonly proxy: number;
}

export interface Proxy extends AsyncDisposable {
  readonly port: number;
  /** What its certificate is checked against. */
  readonly ca: Buffer;
  readonly output: () => string;
}

export const NGINX: ProxyKind = {
  program: 'nginx',
  package: 'nginx-light',
  start(folder, ports) {
    const site = readFileSync(join(DEPLOY, 'nginx/holdfast.conf'), 'utf8')
      .replaceAll('127.0.0.1:3000', `127.0.0.1:${ports.holdfast}`)
      .replace('listen 443 ssl', `listen 127.0.0.1:${ports.proxy} ssl`)
      .replaceAll(`/etc/ssl/${NAME}`, join(folder, NAME));
    writeFileSync(join(folder, 'holdfast.conf'), site);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const main = [
      // Else its workers could not read a folder of root's.
      process.getuid?.() === 0 ? 'user root;' : '',
      `daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr;`,
      'events {}',
      `http { access_log off; include ${folder}/holdfast.conf;`,
      ...temporary.map((name) => `${name}_temp_path ${folder}/${name};`),
      '}',
    ];
    writeFileSync(join(folder, 'nginx.conf'), main.join('\n'));
    return spawn('nginx', ['-e', 'stderr', '-c', join(folder, 'nginx.conf')]);
  },
};

export const CADDY: ProxyKind = {
  program: 'caddy',
  package: 'caddy',
  start(folder, ports) {
    const certificate = join(folder, NAME);
    const site = readFileSync(join(DEPLOY, 'caddy/Caddyfile'), 'utf8')
      .replaceAll('127.0.0.1:3000', `127.0.0.1:${ports.holdfast}`)
      .replace(
        `\n${NAME} {`,
        `\n${NAME}:${ports.proxy} {\n\tbind 127.0.0.1\n\ttls ${certificate}.crt ${certificate}.key`,
      );
    const file = join(folder, 'Caddyfile');
    writeFileSync(file, `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${site}`);
    const env = {
      ...process.env,
      HOME: folder,
      XDG_DATA_HOME: folder,
      XDG_CONFIG_HOME: folder,
    };
    return spawn('caddy', ['run', '--config', file, '--adapter', 'caddyfile'], { env });
  },
};

/** Whether a program is there; on a machine of CI, where we are root, it is installed. */
export function provide({ program, package: name }: ProxyKind): boolean {
  const isThere = (): boolean => spawnSync(program, ['version']).error === undefined;
  if (isThere() || process.env.CI === undefined || process.getuid?.() !== 0) return isThere();
  // The package would start it as a service; run level 1 has none.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  spawnSync('apt-get', ['update', '-qq'], { env });
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], { env });
  return isThere();
}

/** Starts a proxy in front of a port. Resolves at once; it may take a moment until it answers. */
export async function startProxy(kind: ProxyKind, holdfast: number): Promise<Proxy> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-proxy-'));
  makeCertificate(join(folder, NAME));
  const port = await findFreePort();
  const child = kind.start(folder, { holdfast, proxy: port });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const ended = once(child, 'close');
  return {
    port,
    ca: readFileSync(join(folder, `${NAME}.crt`)),
    output: () => output,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A certificate that signs itself, and its key. */
function makeCertificate(path: string): void {
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const about = ['-days', '1', '-subj', `/CN=${NAME}`, '-addext', `subjectAltName=DNS:${NAME}`];
  const into = ['-keyout', `${path}.key`, '-out', `${path}.crt`];
  execFileSync('openssl', [...args, ...about, ...into], { stdio: 'ignore' });
}
