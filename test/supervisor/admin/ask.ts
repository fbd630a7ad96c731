import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';

import { type Opened, TOKEN } from './opened.ts';

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Asks with whatever headers, which `fetch` would not let through. */
export async function ask({ port }: Opened, path: string, { method, headers, body }: Asked = {}) {
  const asked = request({ port, path, method, headers, agent: false });
  asked.end(body);
  const [response] = await once(asked, 'response');
  const content = await text(response);
  const isJson = /json/.test(response.headers['content-type'] ?? '');
  return {
    status: Number(response.statusCode),
    headers: response.headers,
    body: isJson && content !== '' ? JSON.parse(content) : content,
  };
}

/** What operators show. */
export const authorization = `Bearer ${TOKEN}`;
