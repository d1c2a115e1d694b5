/** A field of the request that was refused, by JSON pointer (`/quantity`). */
export interface FieldProblem {
  pointer: string;
  code: string;
  detail: string;
}

interface ProblemBody {
  status: number;
  code: string;
  title: string;
  detail: string;
  requestId: string | null;
  retryable: boolean;
  errors: readonly FieldProblem[];
  orderId?: string | undefined;
}

/** An answer of the API that is not the wanted one (RFC 9457), or no answer at all (`NETWORK`). */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly requestId: string | null;
  readonly retryable: boolean;
  readonly errors: readonly FieldProblem[];
  readonly orderId: string | undefined;

  constructor(body: ProblemBody) {
    super(body.detail);
    this.name = 'Problem';
    this.status = body.status;
    this.code = body.code;
    this.title = body.title;
    this.requestId = body.requestId;
    this.retryable = body.retryable;
    this.errors = body.errors;
    this.orderId = body.orderId;
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The problem that a refused answer tells, whatever stood between us and the exchange. */
export function problemOf(response: Response, body: unknown): Problem {
  const told = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  return new Problem({
    status: response.status,
    code: text(told.code) ?? 'SERVER_ERROR',
    title: text(told.title) ?? 'Something went wrong',
    detail: text(told.detail) ?? `The exchange answered with an error (${response.status}).`,
    requestId: text(told.requestId) ?? response.headers.get('x-request-id'),
    retryable: told.retryable === true || response.status >= 500,
    errors: Array.isArray(told.errors) ? (told.errors as FieldProblem[]) : [],
    orderId: text(told.orderId),
  });
}

/** What is said when no answer came: the request may or may not have arrived. */
export function networkProblem(): Problem {
  return new Problem({
    status: 0,
    code: 'NETWORK',
    title: 'No connection',
    detail: navigator.onLine ? 'The exchange did not answer.' : 'You are offline.',
    requestId: null,
    retryable: true,
    errors: [],
  });
}

export function isProblem(error: unknown, code?: string): error is Problem {
  return error instanceof Problem && (code === undefined || error.code === code);
}

/** A sentence for a person, whatever was thrown. */
export function reasonOf(error: unknown): string {
  if (error instanceof Problem) return error.message;
  return isMissingPart(error)
    ? 'A part of the app could not be loaded. Check your connection.'
    : 'Something in the app went wrong.';
}

/** Whether a chunk of the app failed to load: each browser words it differently. */
function isMissingPart(error: unknown): boolean {
  return error instanceof TypeError && /import(ed|ing a) module|module script failed/i.test(error.message);
}
