/** Every way a request can be refused, and the status it answers with. One table, no exceptions. */
const STATUS = {
  'invalid-request': 400,
  'malformed-json': 400,
  'malformed-http': 400,
  'upgrade-refused': 400,
  'token-required': 401,
  'token-refused': 401,
  'scope-insufficient': 403,
  'host-refused': 403,
  'origin-refused': 403,
  'route-not-found': 404,
  'vm-not-found': 404,
  'vcpu-not-found': 404,
  'shadow-page-not-found': 404,
  'snapshot-not-found': 404,
  'exhibit-not-found': 404,
  'stream-not-found': 404,
  'job-not-found': 404,
  'race-not-found': 404,
  'price-list-not-found': 404,
  'trace-not-found': 404,
  'method-not-allowed': 405,
  'request-timeout': 408,
  'command-refused': 409,
  'vm-poisoned': 409,
  'snapshot-exists': 409,
  'price-list-exists': 409,
  'beginning-unknown': 409,
  'race-ended': 409,
  'oracle-off': 409,
  'events-expired': 410,
  'epoch-changed': 410,
  'precondition-failed': 412,
  'body-too-large': 413,
  'batch-too-long': 413,
  'line-too-long': 413,
  'job-too-long': 413,
  'target-too-long': 414,
  'unsupported-media-type': 415,
  'expectation-failed': 417,
  'idempotency-key-reused': 422,
  'answer-not-kept': 422,
  'vm-limit-reached': 429,
  'vcpu-limit-reached': 429,
  'memory-limit-reached': 429,
  'snapshot-limit-reached': 429,
  'stream-limit-reached': 429,
  'wait-limit-reached': 429,
  'job-limit-reached': 429,
  'price-list-limit-reached': 429,
  'trace-limit-reached': 429,
  'tag-limit-reached': 429,
  'rate-limited': 429,
  'headers-too-large': 431,
  internal: 500,
  'not-ready': 503,
  'journal-failed': 503,
  overloaded: 503,
} as const;

export type ErrorCode = keyof typeof STATUS;

export const ERROR_CODES = Object.keys(STATUS) as [ErrorCode, ...ErrorCode[]];

/** One thing that is wrong with a request. */
export interface Flaw {
  readonly in: 'body' | 'query' | 'path' | 'header';
  /** JSON pointer into that part; empty for the part itself. */
  readonly path: string;
  readonly message: string;
}

/** Members that a problem may have beyond those of every problem. */
export interface ProblemDetails {
  readonly errors?: readonly Flaw[];
  /** Commands of the batch that were applied before it stopped. */
  readonly applied?: number;
  /** Index of the command that stopped the batch. */
  readonly index?: number;
  /** Sequence number of the VM when the batch stopped, or when a precondition failed. */
  readonly seq?: number;
  /** Line of a stream of commands that stopped it, from 1. */
  readonly line?: number;
  /** Lowest sequence number that is still kept. */
  readonly oldest?: number;
  /** The epoch of this run of the server. */
  readonly epoch?: string;
}

/** Refuses a request. The fault is the caller's, and the message is for the caller. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ErrorCode;
  readonly details: ProblemDetails;

  constructor(code: ErrorCode, message: string, details: ProblemDetails = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return STATUS[this.code];
  }
}

/** HTTP status of a code. */
export function statusOf(code: ErrorCode): number {
  return STATUS[code];
}
