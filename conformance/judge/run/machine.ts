import { createVm, step, type Vcpu, type Vm, vcpuStateOf } from '../../../src/mmu/index.js';
import { wordsOfPage } from '../../../src/mmu/machine/index.js';
import {
  Command,
  Hex32,
  Hex64,
  type MmuEvent,
  type Outcome,
  type VcpuState,
  VmConfig,
} from '../../../src/mmu/schema/index.js';
import { hasControl } from '../attempt/controls.js';
import { hexOf } from '../attempt/hex.js';
import type { MachineSpec } from '../attempt/machine-spec.js';
import type { MachineCommand } from '../attempt/machine-step.js';
import { Unreadable } from '../attempt/unreadable.js';

/** A VM under test: the model, driven by commands alone, with the events of the last steps. */
export interface Machine {
  readonly vm: Vm;
  readonly vcpu: Vcpu;
  /** Events since the judge last emptied the list. */
  readonly events: MmuEvent[];
}

/**
 * Makes the model's VM as it is before the first command of a setup.
 *
 * KVM offers EPT to an L1 hypervisor only where it uses EPT itself. Without a hypervisor every root
 * and flush shows under shadow paging alone.
 */
export function createMachine(spec: MachineSpec): Machine {
  const { capabilities } = spec;
  const config = decoded('configuration', VmConfig, {
    vendor: spec.svm === null ? 'vmx' : 'svm',
    kernel: needsNewKernel(spec) ? '7.3' : '6.1',
    paging: spec.paging ?? (spec.vmx === 'outside' && spec.svm === null ? 'shadow' : 'ept'),
    maxphyaddr: spec.maxphyaddr,
    cpuid: Object.fromEntries(spec.cpuid),
    vmx: { ...capabilities, eptVpidCap: hexOf(capabilities.eptVpidCap) },
    memory: {
      words: [...spec.memory].map(([gpa, value]) => ({ gpa: hexOf(gpa), value: hexOf(value) })),
    },
  });
  // Set beside the configuration's own check: what a case asks for may be what a processor refuses.
  const registers = {
    ...config.registers,
    cr3: decoded('cr3', Hex64, hexOf(spec.l1.cr3)),
    cr4: decoded('cr4', Hex64, hexOf(spec.vmx === 'outside' ? 0xa0 : 0x20a0)),
    pkru: decoded('pkru', Hex32, hexOf(spec.pkru)),
    pkrs: decoded('pkrs', Hex32, hexOf(spec.pkrs)),
  };
  const vm = createVm({ ...config, registers });
  const [vcpu] = vm.vcpus;
  if (vcpu === undefined) throw new Error('Cannot judge: the VM has no vCPU');
  return { vm, vcpu, events: [] };
}

/** The default kernel knows neither LAM nor mode-based execute control nor GMET. */
function needsNewKernel(spec: MachineSpec): boolean {
  return spec.cpuid.get('lam') === true || hasControl(spec, 'mbec') || spec.svm?.gmet === true;
}

/** Runs one command; its events are added to the machine's. */
export function run({ vm, events }: Machine, command: MachineCommand): Outcome {
  const parsed = decoded(command.kind, Command, { ...command, vcpu: 0 });
  return step(vm, parsed, (_vcpu, event) => events.push(event));
}

export function stateOf({ vm, vcpu }: Machine): VcpuState {
  return vcpuStateOf(vm, vcpu);
}

/** Encoding of the VM-instruction error field. @see Linux `VM_INSTRUCTION_ERROR` */
const VM_INSTRUCTION_ERROR = 0x4400;

/** @returns The current VMCS's VM-instruction error: 0 before the first, null without a VMCS. */
export function errorFieldOf({ vcpu }: Machine): number | null {
  const vmcs = vcpu.nested.currentVmcs;
  if (vmcs === null) return null;
  return vmcs.fields.get(VM_INSTRUCTION_ERROR)?.low ?? 0;
}

/** Eight bytes of guest memory, read apart from the model: its own reading could be wrong. */
export function wordAt({ vm }: Machine, gpa: bigint): bigint {
  const page = wordsOfPage(vm.memory.pages, Number(gpa >> 12n));
  if (page === undefined) return 0n;
  const at = Number((gpa & 0xfffn) >> 2n);
  return (BigInt(page[at + 1] ?? 0) << 32n) | BigInt(page[at] ?? 0);
}

interface Decoder<T> {
  safeParse(
    input: unknown,
  ):
    | { readonly success: true; readonly data: T }
    | { readonly success: false; readonly error: { readonly issues: readonly Issue[] } };
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** A value that the model's wire cannot carry is nothing that a VM can be given. */
function decoded<T>(what: string, schema: Decoder<T>, input: unknown): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Unreadable(`${what} ${issue?.path.join('.')}: ${issue?.message}`);
}
