import type { Registers } from '../machine/index.js';
import type { VmConfig } from '../schema/index.js';
import type { Tlb, TlbTotal, Vm } from '../state/index.js';

/** The things that every VM of a configuration has. */
export interface Making {
  readonly config: VmConfig;
  readonly conduct: Pick<Vm, 'rules' | 'policy' | 'wrappers'>;
  /** Registers of a vCPU that nothing has befallen yet. */
  readonly regs: Registers;
  createTlb(total: TlbTotal): Tlb | null;
}
