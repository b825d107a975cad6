import { WORKLOADS, type Workload } from '../../lab/index.js';
import { operationIdOf } from '../host/operation.js';
import { RACE } from './race-steps.js';
import { idOf, VM_1 } from './session-run.js';
import type { Step } from './session-step.js';
import { TRACING } from './trace-steps.js';

const VM_2 = idOf('vm', 2);
const VM_3 = idOf('vm', 3);
const VM_4 = idOf('vm', 4);

const vm = { vm: VM_1 };
const vcpu = { vm: VM_1, vcpu: '0' };
const nested = { vm: VM_4, vcpu: '0' };
const snapshot = { vm: VM_1, snapshot: 'edited' };

/** Two address spaces: PCID 1 sees at 0x600000 the page-table entry by which PCID 2 maps 0x400000. */
const CREATION = {
  policy: 'need-sync',
  name: 'INVPCID of PCID 2',
  tags: { suite: 'examples' },
  lanes: [{ policy: 'mainline' }],
  registers: { cr3: '0x1001', cr4: '0x200a0' },
  memory: {
    words: [
      { gpa: '0x100000', value: '0x11' },
      { gpa: '0x101000', value: '0x22' },
    ],
  },
};
const OTHER = { root: '0x11000', address: '0x400000', gpa: '0x100000', tables: '0x12000' };

/** The guest edits an entry of a cached root, and invalidates its PCID. */
const INVALIDATION: readonly Step[] = [
  { operation: 'getHealth' },
  { operation: 'getReadiness' },
  { operation: 'listPolicies' },
  { operation: 'getModel' },
  { operation: 'getCertificate' },
  { operation: 'createVm', body: CREATION },
  {
    operation: 'runMap',
    path: vcpu,
    body: { root: '0x1000', address: '0x600000', gpa: '0x14000', tables: '0x2000' },
  },
  {
    operation: 'applyCommands',
    path: vm,
    query: { events: 'true', atomic: 'true' },
    body: [
      { kind: 'map', vcpu: 0, ...OTHER },
      { kind: 'mov-cr3', vcpu: 0, value: '0x11002' },
    ],
  },
  { operation: 'runRead', path: vcpu, body: { gva: '0x400000' } },
  { operation: 'runMovCr3', path: vcpu, body: { value: '0x8000000000001001' } },
  { operation: 'runWrite', path: vcpu, body: { gva: '0x600000', value: '0x101067' } },
  { operation: 'takeSnapshot', path: vm, body: { name: 'edited' } },
  // Before the lanes part: a parting holds the states of both sides.
  { operation: 'getVmRace', path: vm },
  { operation: 'runInvpcid', path: vcpu, body: { type: 1, pcid: 2, gva: '0x0' } },
];

const LOOKING: readonly Step[] = [
  { operation: 'getVm', path: vm },
  { operation: 'getVcpu', path: vcpu },
  { operation: 'listVcpus', path: vm },
  { operation: 'getTlb', path: vcpu, query: { limit: '2' } },
  { operation: 'walkTables', path: vcpu, query: { gva: '0x600000' } },
  { operation: 'explainLookup', path: vcpu, query: { pgd: '0x11002' } },
  { operation: 'listAllowed', path: vcpu, query: { gva: '0x400000' } },
  { operation: 'getLedger', path: vm },
  { operation: 'listShadowPages', path: vm, query: { gfn: '20' } },
  { operation: 'getShadowPage', path: { ...vm, hpa: '0x100004000' } },
  { operation: 'readMemory', path: vm, query: { gpa: '0x14000', bytes: '16' } },
  { operation: 'listEvents', path: vm, query: { after: '2', kind: 'command', limit: '2' } },
  { operation: 'searchHistory', path: vm, query: { kind: 'root-missed', limit: '1' } },
  { operation: 'listViolations', path: vm },
  { operation: 'explainEvent', path: { ...vm, seq: '2' } },
  { operation: 'getTimeline', path: vm, query: { from: '1', to: '4', buckets: '1' } },
  {
    operation: 'waitForEvent',
    path: vm,
    query: { after: '0', kind: 'root-marked-unsync', timeoutMs: '1000' },
  },
  {
    operation: 'waitUntil',
    path: vm,
    body: {
      until: { on: 'state', where: [{ path: '/rootMmu/prevRoots/0/unsync', value: true }] },
      timeoutMs: 1000,
    },
  },
  {
    operation: 'verify',
    path: vm,
    body: {
      expect: [
        { kind: 'never', of: { kind: ['root-freed'] } },
        { kind: 'order', of: [{ kind: ['page-unsynced'] }, { kind: ['root-marked-unsync'] }] },
      ],
    },
  },
  { operation: 'getDigest', path: vm },
  { operation: 'diffMoments', path: vm, query: { from: '3', limit: '2' } },
  { operation: 'getCase', path: vm },
  { operation: 'getExcerpt', path: vm, query: { at: '3' } },
  { operation: 'playCase', bodyFrom: 'getCase' },
];

const FORKS: readonly Step[] = [
  { operation: 'forkVm', path: vm, body: { policy: 'mainline' } },
  { operation: 'deleteVm', path: { vm: VM_2 } },
  { operation: 'diffVms', query: { a: VM_1, b: VM_3, limit: '2' } },
];

/** L1 runs an L2 on an EPT. */
const NESTED: readonly Step[] = [
  {
    operation: 'createVm',
    body: { paging: 'ept', tags: { suite: 'examples' }, cpuid: { hyperv: true } },
  },
  { operation: 'runMovCr4', path: nested, body: { value: '0x20a0' } },
  { operation: 'runVmxon', path: nested, body: { address: '0x1000' } },
  { operation: 'runVmclear', path: nested, body: { address: '0x2000' } },
  { operation: 'runVmptrld', path: nested, body: { address: '0x2000' } },
  { operation: 'runVmwrite', path: nested, body: { field: 'EPT_POINTER', value: '0x10005e' } },
  { operation: 'runVmread', path: nested, body: { field: 'EPT_POINTER' } },
  {
    operation: 'applyCommands',
    path: { vm: VM_4 },
    body: [
      { kind: 'vmwrite', vcpu: 0, field: 'SECONDARY_VM_EXEC_CONTROL', value: '0x22' },
      { kind: 'vmwrite', vcpu: 0, field: 'VIRTUAL_PROCESSOR_ID', value: '0x1' },
    ],
  },
  { operation: 'runVmlaunch', path: nested },
  { operation: 'runVmfunc', path: nested, body: { function: 0, index: 1 } },
  { operation: 'runVmexit', path: nested },
  { operation: 'runVmresume', path: nested },
  { operation: 'runGetNestedState', path: nested },
  { operation: 'runSetCpuid', path: nested, body: { cpuid: { hyperv: true } } },
  {
    operation: 'runSetNestedState',
    path: nested,
    body: { vmxon: '0x1000', vmcs12: '0x2000', guestMode: true },
  },
  { operation: 'runVmexit', path: nested, body: { reason: 18 } },
  { operation: 'runInvvpid', path: nested, body: { type: 1, vpid: 1, gva: '0x0' } },
  { operation: 'runInvept', path: nested, body: { type: 1, eptp: '0x10005e' } },
  { operation: 'runVmxoff', path: nested },
  {
    operation: 'runHvFlush',
    path: nested,
    body: { call: 'HvCallFlushVirtualAddressList', gvas: ['0x400003'] },
  },
];

const OTHER_COMMANDS: readonly Step[] = [
  { operation: 'runMovFromCr3', path: vcpu, body: { gpr: 3 } },
  { operation: 'runVmrun', path: vcpu, body: { nestedCr3: '0x120000' } },
  { operation: 'runInvlpg', path: vcpu, body: { gva: '0x600000' } },
  { operation: 'runExecute', path: vcpu, body: { gva: '0x600000' } },
  { operation: 'runMovCr0', path: vcpu, body: { value: '0x80010033' } },
  { operation: 'runWrmsrEfer', path: vcpu, body: { value: '0x500' } },
  { operation: 'runWrmsrPkrs', path: vcpu, body: { value: '0x0' } },
  { operation: 'runWrpkru', path: vcpu, body: { value: '0x55555554' } },
  { operation: 'runLoadRoot', path: vcpu, body: { pgd: '0x11002' } },
  { operation: 'runEnter', path: vcpu },
  { operation: 'runMakeRequest', path: vcpu, body: { request: 'MMU_SYNC' } },
  { operation: 'runUnmap', path: vcpu, body: { gpa: '0x100000', bytes: 4096 } },
  { operation: 'runDirtyLog', path: vcpu, body: { slot: 0, enabled: true } },
  { operation: 'runGetDirtyLog', path: vcpu, body: { slot: 0 } },
  { operation: 'runClearDirtyLog', path: vcpu, body: { slot: 0, pages: 64 } },
  {
    operation: 'runSetMemslot',
    path: vcpu,
    body: { slot: 1, memslot: { gpa: '0x100000000', bytes: 2097152 } },
  },
  { operation: 'runFreeRoots', path: vcpu, body: { mmu: 'root', roots: ['prev0'] } },
  { operation: 'runHostWrite', path: vcpu, body: { gpa: '0x100008', value: '0x33' } },
  { operation: 'runZapAll', path: vcpu },
  { operation: 'runSetSregs', path: vcpu, body: { cr3: '0x11002' } },
  { operation: 'runResetContext', path: vcpu },
  { operation: 'runSmi', path: vcpu },
  { operation: 'runRsm', path: vcpu },
  { operation: 'runInit', path: vcpu },
  { operation: 'runPreempt', path: vcpu },
  { operation: 'runPvFlush', path: vcpu, body: { vcpus: [0] } },
];

const ENDING: readonly Step[] = [
  { operation: 'listSnapshots', path: vm },
  { operation: 'getSnapshot', path: snapshot },
  { operation: 'restoreSnapshot', path: snapshot },
  { operation: 'deleteSnapshot', path: snapshot },
  { operation: 'resetVm', path: vm },
  {
    operation: 'relabelVm',
    path: vm,
    body: { name: 'to keep', tags: { suite: null, keep: 'yes' } },
  },
  { operation: 'listVms', query: { tag: 'suite:examples', limit: '10' } },
  { operation: 'deleteVms', query: { tag: 'suite:examples' } },
];

/** Two commands of each workload, in the smallest memory. */
const WORKLOADS_MADE: readonly Step[] = [
  { operation: 'listExhibits' },
  { operation: 'getScene', path: { exhibit: 'pcide-keeps-roots' } },
  { operation: 'listWorkloads' },
  ...Object.values(WORKLOADS).map(({ name, parameters }) => ({
    operation: operationIdOf('makeWorkload', name),
    query: { seed: '1', ...smallest(parameters), commands: '2' },
  })),
];

function smallest(parameters: Workload['parameters']): Record<string, string> {
  const sizes = ['processes', 'pages', 'pcids', 'l2s', 'spaces', 'vcpus'];
  return Object.fromEntries(
    Object.entries(parameters).flatMap(([name, spec]) =>
      spec.kind === 'count' && sizes.includes(name) ? [[name, String(spec.min)]] : [],
    ),
  );
}

/** Every operation that answers at once, in an order in which each has something to show. */
export const SESSION: readonly Step[] = [
  ...INVALIDATION,
  ...LOOKING,
  ...FORKS,
  ...NESTED,
  ...OTHER_COMMANDS,
  ...WORKLOADS_MADE,
  ...RACE,
  ...TRACING,
  ...ENDING,
];
