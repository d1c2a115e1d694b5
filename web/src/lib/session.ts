import { cookie } from './api/client';
import { queryClient } from './query-client';
import { stream } from './stream/stream';

/**
 * Whether somebody may be signed in. The session itself is a cookie that no script can read; the CSRF cookie
 * comes and goes with it, and without it there is no need to ask.
 */
export function maybeSignedIn(): boolean {
  return cookie('openbell_csrf') !== null;
}

/** A new account: nothing of an earlier one may be shown. */
export function beginSession(): void {
  queryClient.clear();
  stream.stop();
}

/** The session is over: forget what it saw. */
export function endSession(): void {
  document.cookie = 'openbell_csrf=; Path=/; Max-Age=0; SameSite=Strict';
  stream.stop();
  queryClient.clear();
}
