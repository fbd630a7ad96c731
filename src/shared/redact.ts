import { unescape } from 'node:querystring';

const SECRET_NAME = /PASS|SECRET|TOKEN|KEY|DSN|URL|CREDENTIAL/;
/** Where a secret is kept is none. */
const PATH_NAME = /_(FILE|DIR)$/;
const SECRET_LENGTH_MIN = 6;
const URL_CREDENTIALS = /([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi;
/** Keys of ours, and JSON Web Tokens: whatever they are found in. */
const CREDENTIAL = /\bhf_live_[0-9A-Za-z]{20,}|\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;
const BEARER = /\b(bearer\s+)[\w.~+/=-]+/gi;

/**
 * Makes the function that strikes secrets out of a text before it is written anywhere: the values
 * of variables whose names sound secret, the credentials in any URL, bearer tokens, and our own keys.
 */
export function redactorOf(env: NodeJS.ProcessEnv): (text: string) => string {
  const secrets = Object.entries(env)
    .flatMap(([name, value]) => {
      const isSecret = SECRET_NAME.test(name) && !PATH_NAME.test(name);
      return value !== undefined && isSecret ? [value] : [];
    })
    .flatMap((value) => [value, ...passwordsIn(value)])
    // In a line of JSON it stands escaped.
    .flatMap((value) => [value, JSON.stringify(value).slice(1, -1)])
    .filter((value) => value.length >= SECRET_LENGTH_MIN)
    .toSorted((a, b) => b.length - a.length);
  return (text) =>
    secrets
      .reduce((redacted, secret) => redacted.replaceAll(secret, '[redacted]'), text)
      .replace(URL_CREDENTIALS, '$1[redacted]@')
      .replace(BEARER, '$1[redacted]')
      .replace(CREDENTIAL, '[redacted]');
}

/** The password of a URL, as written and as meant. */
function passwordsIn(value: string): string[] {
  const password = URL.parse(value)?.password ?? '';
  return [password, unescape(password)];
}
