import type { RewoundRecord } from '../../journal/index.js';
import type { LogRecord } from '../../journal/log/index.js';
import { type FrozenVm, freezeVm, unarchiveVm, type Vm } from '../../mmu/index.js';
import type { VmConfig } from '../../mmu/schema/index.js';
import { bodyFrom, requestsFrom } from './bodies.js';
import type { RewoundFacts } from './facts.js';

/** A VM was taken back. */
export interface Rewound {
  readonly record: RewoundRecord<FrozenVm>;
  /** The state, which nobody else holds; null for the first one. */
  readonly vm: Vm | null;
}

/** Reads how a VM was taken back. */
export function rewoundFrom(id: string, config: VmConfig, { seq, body }: LogRecord): Rewound {
  const { facts, bytes } = bodyFrom(body);
  const { snapshot, to, made } = facts as RewoundFacts;
  const vm = to === null ? null : unarchiveVm(config, bytes);
  const state = vm && freezeVm(vm);
  const requests = requestsFrom(made);
  return { record: { type: 'rewound', vm: id, seq, snapshot, to, state, made: requests }, vm };
}
