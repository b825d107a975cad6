import type { Census } from '../census.js';
import type { VmScore } from '../score/score.js';

/** The verdict on a trace. */
export interface TraceScore {
  /** Name of the file. */
  readonly name: string;
  /** Version of the model. */
  readonly version: string;
  readonly census: Census;
  readonly vms: readonly VmScore[];
}

/** Events by which a task is tied to a vCPU. */
const TIES = ['kvm_entry', 'kvm_exit'];

/** Switches of root of all vCPUs of a VM. */
export function switchesOf({ reuses }: VmScore): number {
  return reuses.reduce((sum, { switches }) => sum + switches, 0);
}

/** Sentences on what a trace lacks, and on the recording that would have it; none if all is well. */
export function lacksOf({ census, vms }: TraceScore): string[] {
  if (census.foreign !== null) return [`No trace that is read: ${census.foreign}.`];
  if (census.events.size === 0) {
    return [
      'No event was found: this is no trace that is read, or it was recorded without events. ' +
        '`mmulab record` prints commands that record a useful one. A report of times (perf kvm stat, ' +
        'kvm_stat, kvm-unit-tests) is for `mmulab calibrate`.',
    ];
  }
  if (vms.length === 0) {
    const has = TIES.some((name) => census.events.has(name));
    return [
      has
        ? 'No event could be tied to a vCPU: the tasks of kvm_entry and kvm_exit are unreadable.'
        : 'No event could be tied to a vCPU: the trace has neither kvm_entry nor kvm_exit. Record ' +
          'kvm:kvm_entry and kvm:kvm_exit as well; `mmulab record` prints the commands.',
    ];
  }
  return vms.flatMap((vm) => silenceOf(vm, vms.length > 1 ? `VM ${vm.vm}: ` : ''));
}

/** A VM without switches of root says why, by its kind of paging. */
function silenceOf(score: VmScore, before: string): string[] {
  if (switchesOf(score) > 0) return [];
  if (score.config.paging === 'ept') {
    return [
      `${before}The trace has no switch of root. The guest runs on EPT (or NPT) and writes CR3 ` +
        'without an exit, so no event of KVM has them; nor has it nested entries. Policies differ ' +
        'in nothing here. Record a nested hypervisor, or the same guest with kvm_intel.ept=0 ' +
        '(kvm_amd.npt=0): `mmulab record` prints the commands.',
    ];
  }
  return [
    `${before}The trace has no switch of root: no write to CR3 and no entry to L2 lies in it. ` +
      'Record for longer, with kvm:kvm_cr and kvm:kvm_nested_vmenter: `mmulab record` prints the ' +
      'commands.',
  ];
}
