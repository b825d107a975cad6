import type { Problem } from './api.js';

/**
 * A request that was refused, by a server or by a lab in this process: with the same code and in
 * the same words.
 */
export class LabError extends Error {
  override readonly name = 'LabError';
  /** Stable; the wording of `message` is not. */
  readonly code: Problem['code'];
  /** The HTTP status, even without HTTP. */
  readonly status: number;
  /** The whole answer, with wrong fields and the progress of a batch. */
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.detail, options);
    this.code = problem.code;
    this.status = problem.status;
    this.problem = problem;
  }
}

/** Answer of a closed lab. */
export function labClosed(): LabError {
  return new LabError({
    type: 'urn:mmulab:problem:not-ready',
    title: 'Service Unavailable',
    status: 503,
    detail: 'Cannot ask: the lab is closed',
    code: 'not-ready',
  });
}

/** Refusal of an unknown kind of command, for which a server has no route. */
export function commandUnknown(kind: string): LabError {
  return new LabError({
    type: 'urn:mmulab:problem:route-not-found',
    title: 'Not Found',
    status: 404,
    detail: `Cannot run "${kind}": no such command`,
    code: 'route-not-found',
  });
}
