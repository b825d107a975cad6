import type { Command } from '../../mmu/schema/index.js';
import { BOUNDS } from '../wire/bounds.js';
import { ApiError } from '../wire/errors.js';

/** @param ms Milliseconds for which none came. */
export function cameTooSlowly(ms: number): ApiError {
  return new ApiError(
    'request-timeout',
    `Cannot read commands: none came for ${ms} ms; send an empty line to keep the stream`,
  );
}

export function noVcpu({ kind, vcpu }: Command): ApiError {
  return new ApiError('vcpu-not-found', `Cannot run "${kind}": no vCPU ${vcpu}`);
}

export function lineTooLong(): ApiError {
  return new ApiError(
    'line-too-long',
    `Cannot read command: a line is bounded to ${BOUNDS.commandLineBytes.value} bytes`,
  );
}

export function notKeptFrom(): ApiError {
  return new ApiError(
    'journal-failed',
    'Cannot keep commands: another server wrote to the VM first; send those behind this line again',
  );
}
