import type { Level } from './lanes.js';
import type { Root, Value } from './values.js';

/** A lane has another value from a `seq` on. */
export interface LaneChange {
  readonly seq: number;
  readonly code: number;
  value: Value | null;
  /** Number of the end of the value before. */
  end: number;
  /** The root before, whose fate only the end of the command tells. */
  readonly was?: Root;
}

/** The lanes of a vCPU as they were last looked at. */
export interface VcpuLook {
  readonly index: number;
  /** `seq` of the newest command that touched it, and of the newest record of it. */
  command: number;
  seq: number;
  level: Level | null;
  requests: number;
  /** Contents of each MMU's slots, the current root first. */
  readonly slots: { readonly root: (Root | null)[]; readonly guest: (Root | null)[] };
}
