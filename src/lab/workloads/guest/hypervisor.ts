import { wordFromNumber } from '../../../mmu/index.js';
import type { VmConfigInput } from '../../../mmu/schema/index.js';
import type { Planned, Word } from '../planned.js';
import { done } from './instructions.js';
import { LinuxCpu } from './linux-cpu.js';
import { LinuxGuest } from './linux-guest.js';
import {
  EXIT_REASON_FAILED_ENTRY,
  EXIT_REASON_VMPTRLD,
  type VmcsField,
  vmclear,
  vmptrld,
  vmwrite,
  vmxon,
} from './vmx-instructions.js';

/** CR4 of Linux, with VMXE. */
const CR4_WITH_VMXE = '0x3220a0';

/** Above every physical address that a processor may have: no CR3. */
const ILLEGAL_CR3: Word = { page: 2 ** 50, low: 0 };

/** A VMCS as L1 knows it. */
interface Vmcs {
  readonly frame: number;
  launched: boolean;
  /** The value last written to each field, so that no value is written twice. */
  readonly fields: Map<VmcsField, Word>;
}

/** L1 as a hypervisor on one vCPU: Linux, with one VMCS or several. */
export class Hypervisor {
  readonly guest: LinuxGuest;
  readonly cpu: LinuxCpu;
  readonly #vmxon: number;
  readonly #vmcss: readonly Vmcs[];
  #current: Vmcs | null = null;

  /** @param vmcss How many VMCSs there are. */
  constructor({ vmcss, frames }: { vmcss: number; frames: number }) {
    this.guest = new LinuxGuest({ vcpus: 1, pti: false, processes: 1, pages: 1, frames });
    this.cpu = new LinuxCpu(this.guest, 0);
    const { memory } = this.guest;
    this.#vmxon = memory.allocate();
    this.#vmcss = Array.from({ length: vmcss }, () => {
      return { frame: memory.allocate(), launched: false, fields: new Map() };
    });
  }

  config(paging: 'shadow' | 'ept'): VmConfigInput {
    const config = this.guest.config();
    return { ...config, paging, registers: { ...config.registers, cr4: CR4_WITH_VMXE } };
  }

  /** VMX operation, with the same controls in every VMCS. */
  *begin(controls: Partial<Record<VmcsField, number>>): Generator<Planned> {
    yield done(vmxon(0, this.#vmxon));
    for (const [i, { frame }] of this.#vmcss.entries()) {
      yield done(vmclear(0, frame));
      yield* this.load(i);
      for (const [field, value] of Object.entries(controls)) {
        yield* this.set(field as VmcsField, wordFromNumber(value));
      }
    }
  }

  /** Makes a VMCS current. */
  *load(i: number): Generator<Planned> {
    const vmcs = this.#vmcss[i] as Vmcs;
    if (vmcs === this.#current) return;
    this.#current = vmcs;
    yield done(vmptrld(0, vmcs.frame));
  }

  /** Sets a field of the current VMCS, unless it has the value already. */
  *set(field: VmcsField, value: Word): Generator<Planned> {
    const { fields } = this.#vmcs;
    const before = fields.get(field);
    if (before?.page === value.page && before.low === value.low) return;
    fields.set(field, value);
    yield done(vmwrite(0, field, value));
  }

  /** L2 runs from here on. */
  *enter(): Generator<Planned> {
    const kind = this.#vmcs.launched ? 'vmresume' : 'vmlaunch';
    this.#vmcs.launched = true;
    yield done({ kind, vcpu: 0 });
  }

  /**
   * An entry that fails because of the CR3 of L2, which is put right again. KVM notices that only
   * after it has switched to the root of L2.
   *
   * @see Linux `prepare_vmcs02()`, arch/x86/kvm/vmx/nested.c
   */
  *failToEnter(): Generator<Planned> {
    const cr3 = this.#vmcs.fields.get('GUEST_CR3') as Word;
    yield* this.set('GUEST_CR3', ILLEGAL_CR3);
    const kind = this.#vmcs.launched ? 'vmresume' : 'vmlaunch';
    yield {
      command: { kind, vcpu: 0 },
      expected: { kind: 'vm-exit', reason: EXIT_REASON_FAILED_ENTRY },
    };
    yield* this.set('GUEST_CR3', cr3);
  }

  /**
   * L2 leaves to L1 by itself, through VMPTRLD of the VMCS that is current. In L2 that always exits,
   * and in L1 it does nothing: a policy that has lost L2 to a stale translation is not refused.
   */
  *leave(): Generator<Planned> {
    const command = vmptrld(0, this.#vmcs.frame);
    yield { command, expected: { kind: 'vm-exit', reason: EXIT_REASON_VMPTRLD } };
  }

  get #vmcs(): Vmcs {
    return this.#current as Vmcs;
  }
}
