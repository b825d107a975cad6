import type { Problem } from './api.js';

/**
 * A request that was refused, by a server or by a lab in this process: with the same code and in
 * the same words.
 */
export class LabError extends Error {
  override readonly name = 'LabError';
  /** Stable; the wording of `message` is not. */
  readonly code: Problem['code'];
  /** The HTTP status, also where no HTTP was spoken. */
  readonly status: number;
  /** All that the answer says: which field is wrong, how far a batch came. */
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.detail, options);
    this.code = problem.code;
    this.status = problem.status;
    this.problem = problem;
  }
}

/** What a lab answers once it is closed. */
export function labClosed(): LabError {
  return new LabError({
    type: 'urn:mmulab:problem:not-ready',
    title: 'Service Unavailable',
    status: 503,
    detail: 'Cannot ask: the lab is closed',
    code: 'not-ready',
  });
}

/** What a kind is answered with that no command has: a server has no route for it. */
export function commandUnknown(kind: string): LabError {
  return new LabError({
    type: 'urn:mmulab:problem:route-not-found',
    title: 'Not Found',
    status: 404,
    detail: `Cannot run "${kind}": no such command`,
    code: 'route-not-found',
  });
}
