import createClient from 'openapi-fetch';

import type { paths } from '@/lib/generated/schema';

import { networkProblem, problemOf } from './problem';

const TIMEOUT_MS = 10_000;

/** The value of a readable cookie: the CSRF token is the only one the app reads. */
export function cookie(name: string): string | null {
  const pair = document.cookie.split('; ').find((entry) => entry.startsWith(`${name}=`));
  return pair === undefined ? null : decodeURIComponent(pair.slice(name.length + 1));
}

async function bounded(request: Request): Promise<Response> {
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(TIMEOUT_MS)]);
  try {
    return await fetch(new Request(request, { signal }));
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw networkProblem();
  }
}

/** The exchange's REST API; every path, parameter and body is typed by its OpenAPI document. */
export const api = createClient<paths>({ baseUrl: window.location.origin, fetch: bounded });

api.use({
  onRequest({ request }) {
    if (request.method === 'GET') return undefined;
    const token = cookie('openbell_csrf');
    if (token !== null) request.headers.set('X-CSRF-Token', token);
    return request;
  },
});

interface Answer<Data> {
  data?: Data | undefined;
  error?: unknown;
  response: Response;
}

/** The answer's data; throws the Problem that a refusal tells. */
export async function unwrap<Data>(answer: Promise<Answer<Data>>): Promise<Data> {
  const { data, error, response } = await answer;
  if (!response.ok) throw problemOf(response, error);
  return data as Data;
}
