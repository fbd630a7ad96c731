/**
 * A small authorization server: real keys, and real HTTP on the loopback. It has metadata and keys to fetch, and issues tokens to
 * whoever asks it in the same process. Tokens are put together by hand, so that they may be wrong in any way.
 */
import { constants, createHmac, generateKeyPair, type KeyObject, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';

/** How it behaves towards who fetches. */
export type Behaviour =
  | 'well'
  /** Connections are reset. */
  | 'down'
  /** 500 to everything. */
  | 'failing'
  /** The keys come a byte at a time, and never end. */
  | 'slow'
  /** The keys are 10 MB, with the right ones in front. */
  | 'huge'
  /** The metadata is another issuer's. */
  | 'mixed-up'
  /** The keys are elsewhere, on this very server. */
  | 'redirecting'
  /** The keys are at an address of plain HTTP that is not of the loopback, though it leads here. */
  | 'careless'
  /** What should be JSON is a page. */
  | 'talkative'
  /** Whoever asks for what is not there is sent to log in. */
  | 'a-portal';

export type Claims = Readonly<Record<string, unknown>>;

export interface Issuing {
  readonly alg?: 'RS256' | 'PS256' | 'ES256' | 'EdDSA';
  /** Parameters of the header, put over those that belong there. */
  readonly header?: Claims;
}

export interface AuthorizationServerOptions {
  /** What tokens are issued for, unless said otherwise. */
  readonly audience: string;
  /** Where the issuer is on the server, such as `/realms/one`. */
  readonly path?: string;
  /** Where its metadata is: by default where OAuth has it (RFC 8414). */
  readonly discovery?: 'oauth' | 'openid' | 'openid-inserted';
}

interface Pair {
  readonly kid: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const HUGE_BYTES = 10_000_000;
const generate = promisify(generateKeyPair);

export class AuthorizationServer implements AsyncDisposable {
  behaviour: Behaviour = 'well';
  /** The paths that were asked for, in order. */
  readonly fetches: string[] = [];
  readonly #options: AuthorizationServerOptions;
  readonly #server: Server;
  #pairs: ReadonlyMap<string, Pair> = new Map();
  #generation = 0;

  private constructor(options: AuthorizationServerOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#answer(request, response);
    });
  }

  static async open(options: AuthorizationServerOptions): Promise<AuthorizationServer> {
    const server = new AuthorizationServer(options);
    await server.rotate();
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  /** Without the path. */
  get origin(): string {
    const { port } = this.#server.address() as AddressInfo; // it listens on TCP
    return `http://127.0.0.1:${port}`;
  }

  get issuer(): string {
    return `${this.origin}${this.#options.path ?? ''}`;
  }

  /** How often its keys were fetched. */
  get keyFetches(): number {
    return this.fetches.filter((path) => path === '/keys').length;
  }

  /** The public key that tokens of an algorithm are checked with. */
  publicKeyOf(alg: string): KeyObject {
    return this.#pairOf(alg).publicKey;
  }

  /** From now on it signs with new keys, and the old ones are gone. */
  async rotate(): Promise<void> {
    this.#generation += 1;
    const kid = (name: string): string => `${name}-${this.#generation}`;
    const rsa = { kid: kid('rsa'), ...(await generate('rsa', { modulusLength: 2_048 })) };
    const ec = { kid: kid('ec'), ...(await generate('ec', { namedCurve: 'P-256' })) };
    const ed = { kid: kid('ed'), ...(await generate('ed25519')) };
    this.#pairs = new Map<string, Pair>([
      ['RS256', rsa],
      ['PS256', rsa],
      ['ES256', ec],
      ['EdDSA', ed],
    ]);
  }

  /** A token that holds for five minutes. A claim that is `undefined` is left out. */
  issue(claims: Claims = {}, { alg = 'ES256', header = {} }: Issuing = {}): string {
    const { kid, privateKey } = this.#pairOf(alg);
    const nowS = Math.floor(Date.now() / 1_000);
    const usual = {
      iss: this.issuer,
      aud: this.#options.audience,
      sub: 'ann',
      iat: nowS,
      exp: nowS + 300,
    };
    const unsigned = encode({ alg, kid, typ: 'at+jwt', ...header }, { ...usual, ...claims });
    return `${unsigned}.${signatureOf(alg, unsigned, privateKey).toString('base64url')}`;
  }

  /** A token that is signed with a shared secret, or not at all. */
  forge(alg: 'HS256' | 'none', secret: string | Buffer = '', claims: Claims = {}): string {
    const [, payload = ''] = this.issue(claims).split('.');
    const header = Buffer.from(JSON.stringify({ alg, kid: this.#pairOf('RS256').kid }));
    const unsigned = `${header.toString('base64url')}.${payload}`;
    const signature = createHmac('sha256', secret).update(unsigned).digest('base64url');
    return `${unsigned}.${alg === 'none' ? '' : signature}`;
  }

  /** Breaks what is under way. */
  hangUp(): void {
    this.#server.closeAllConnections();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.hangUp();
    await once(this.#server, 'close');
  }

  #pairOf(alg: string): Pair {
    const pair = this.#pairs.get(alg);
    if (pair === undefined) throw new Error(`No key for ${alg}`);
    return pair;
  }

  #answer({ url = '', socket }: IncomingMessage, response: ServerResponse): void {
    this.fetches.push(url);
    if (this.behaviour === 'down') {
      socket.destroy();
      return;
    }
    if (this.behaviour === 'failing') response.writeHead(500).end('no');
    else if (this.behaviour === 'talkative') response.end('<!doctype html><p>Hello</p>');
    else if (url === this.#metadataPath) response.end(JSON.stringify(this.#metadata()));
    else if (url === '/keys') this.#answerKeys(response);
    else if (url === '/keys-elsewhere') response.end(this.#keys());
    else if (this.behaviour === 'a-portal') response.writeHead(302, { location: '/login' }).end();
    else response.writeHead(404).end();
  }

  get #metadataPath(): string {
    const { path = '', discovery = 'oauth' } = this.#options;
    const place = path.replace(/\/$/, '');
    if (discovery === 'oauth') return `/.well-known/oauth-authorization-server${place}`;
    const openid = '/.well-known/openid-configuration';
    return discovery === 'openid' ? `${place}${openid}` : `${openid}${place}`;
  }

  #metadata(): object {
    const address = new URL('/keys', this.origin);
    if (this.behaviour === 'careless') address.hostname = '0.0.0.0';
    const isMixedUp = this.behaviour === 'mixed-up';
    return {
      issuer: isMixedUp ? 'https://honest.example' : this.issuer,
      jwks_uri: address.href,
    };
  }

  #answerKeys(response: ServerResponse): void {
    if (this.behaviour === 'redirecting') {
      response.writeHead(302, { location: '/keys-elsewhere' }).end();
      return;
    }
    if (this.behaviour === 'slow') {
      const timer = setInterval(() => response.write(' '), 50).unref();
      response.on('close', () => {
        clearInterval(timer);
      });
      return;
    }
    response.end(this.#keys().padEnd(this.behaviour === 'huge' ? HUGE_BYTES : 0, ' '));
  }

  #keys(): string {
    const keys = [...new Set(this.#pairs.values())].map(({ kid, publicKey }) => ({
      ...publicKey.export({ format: 'jwk' }),
      kid,
      use: 'sig',
    }));
    return JSON.stringify({ keys });
  }
}

function encode(...parts: readonly Claims[]): string {
  return parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
}

function signatureOf(alg: string, text: string, key: KeyObject): Buffer {
  const data = Buffer.from(text);
  switch (alg) {
    case 'ES256':
      return sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' });
    case 'PS256':
      // With a salt as long as the hash (RFC 7518, 3.5).
      return sign('sha256', data, {
        key,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      });
    case 'EdDSA':
      return sign(null, data, key);
    default:
      return sign('sha256', data, key);
  }
}
