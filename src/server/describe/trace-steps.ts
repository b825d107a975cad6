import { idOf, VM_1 } from './session-run.js';
import type { Step } from './session-step.js';

/** A guest on shadow paging writes CR3: lines of `trace-cmd report`. */
const TRACE = [
  ' CPU 0/KVM-412 [002] 60.000100: kvm_entry: vcpu 0, rip 0xffffffff81000000',
  ' CPU 0/KVM-412 [002] 60.000110: kvm_exit: reason CR_ACCESS rip 0xffffffff81000000 info 3 0',
  ' CPU 0/KVM-412 [002] 60.000111: kvm_cr: cr_write 3 = 0x1001',
  '',
].join('\n');

const scored = { job: idOf('job', 3) };

/** A trace, the VM that it becomes, and a list that is made small. */
export const TRACING: readonly Step[] = [
  { operation: 'scoreTrace', query: { name: 'one write', policy: 'mainline' }, body: TRACE },
  { operation: 'getTraceReport', path: scored, query: { as: 'csv' } },
  { operation: 'makeTracedVm', path: scored, body: { name: 'one write' } },
  { operation: 'listTracedCommands', path: { vm: idOf('vm', 5) } },
  { operation: 'startShrink', body: { source: { kind: 'vm', vm: VM_1 } } },
  // A job that fails: results are in the examples of other operations.
  { operation: 'getJob', path: { job: idOf('job', 4) } },
  { operation: 'cancelJob', path: { job: idOf('job', 2) } },
  { operation: 'listJobs' },
  // How far it would be in the list, nobody can say.
  { operation: 'startExploration', body: { machine: { kind: 'bounded' }, states: 20 } },
  {
    operation: 'getCoverage',
    path: { vm: VM_1 },
    query: { states: '20', limit: '2', waitMs: '60000' },
  },
];
