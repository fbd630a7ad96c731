import { codeOf, Failure } from '../shared/errors.ts';
import { isShaped, isString } from '../shared/shape.ts';
import type { Admin } from './find-admin.ts';
import { plain } from './table.ts';

const ANSWER_MS = 5_000;
const CONFLICT = 409;
const hasDetail = isShaped({ detail: isString });

/** Asks a running supervisor, or orders something of it. Throws a `Failure` that says what to do if it does not answer, or not to us. */
export async function ask(
  { url, token }: Admin,
  path: string,
  method: 'GET' | 'POST' = 'GET',
): Promise<unknown> {
  const response = await reach(new URL(path, url), token, method);
  if (response.status === 401 || response.status === 403) {
    const known = token === undefined ? 'There is no token to show' : 'The token is turned down';
    throw new Failure(
      response.status === 401 ? 'unauthorized' : 'forbidden',
      `${known} at ${url.origin} (${response.status}). Set MCP_ADMIN_TOKEN, or run this as the user that Holdfast runs as`,
    );
  }
  if (response.status === CONFLICT) throw new Failure('conflict', await detailOf(response));
  if (!response.ok) {
    throw new Failure('unavailable', `${url.origin} answers ${response.status}`);
  }
  try {
    return await response.json();
  } catch (error) {
    throw new Failure('unavailable', `${url.origin} answers something else than Holdfast`, {
      cause: error,
    });
  }
}

/** Why an order is not carried out (RFC 9457). */
async function detailOf(response: Response): Promise<string> {
  const parsed: unknown = await response.json().catch(() => undefined);
  return hasDetail(parsed) ? plain(parsed.detail) : 'The order is not carried out (409)';
}

async function reach(
  url: URL,
  token: string | undefined,
  method: 'GET' | 'POST',
): Promise<Response> {
  try {
    return await fetch(url, {
      method,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      // Whoever sends us elsewhere must not make us show the token there.
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_MS),
    });
  } catch (error) {
    const code = error instanceof Error ? codeOf(error.cause) : undefined;
    const why = code ?? (error instanceof DOMException ? 'no answer in time' : 'cannot be reached');
    throw new Failure(
      'unavailable',
      `Nobody answers at ${url.origin} (${why}). Is Holdfast running? Its log says where: "operators may ask"`,
      { cause: error },
    );
  }
}
