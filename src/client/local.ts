import * as server from '../server/direct/index.js';
import { DEFAULT_LIMITS, type Limits } from '../server/wire/bounds.js';
import type { Lab } from './lab.js';
import { labOf } from './lab-of.js';
import { LocalCalls } from './local-calls.js';

export interface LabOptions {
  /** Bounds other than those of a server. */
  readonly limits?: Partial<Limits>;
}

/** Nobody reads a log here: a failure is told to the caller. */
const NO_LOG = { error: () => {}, info: () => {} };

/** A lab in this process: the same model, checks and answers as a server's, and no port. */
export function createLab({ limits = {} }: LabOptions = {}): Lab {
  const host = server.createHost({
    limits: { ...DEFAULT_LIMITS, ...limits },
    log: NO_LOG,
    epoch: server.createEpoch(),
  });
  return labOf(new LocalCalls(host));
}
