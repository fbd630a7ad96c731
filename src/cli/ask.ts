import { codeOf, Failure } from '../shared/errors.ts';
import type { Admin } from './find-admin.ts';

const ANSWER_MS = 5_000;

/** Asks a running supervisor. Throws a `Failure` that says what to do if it does not answer, or not to us. */
export async function ask({ url, token }: Admin, path: string): Promise<unknown> {
  const response = await reach(new URL(path, url), token);
  if (response.status === 401 || response.status === 403) {
    const known = token === undefined ? 'There is no token to show' : 'The token is turned down';
    throw new Failure(
      response.status === 401 ? 'unauthorized' : 'forbidden',
      `${known} at ${url.origin} (${response.status}). Set MCP_ADMIN_TOKEN, or run this as the user that Holdfast runs as`,
    );
  }
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

async function reach(url: URL, token: string | undefined): Promise<Response> {
  try {
    return await fetch(url, {
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
