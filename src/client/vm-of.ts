import { type Command, ROUTES } from './api.js';
import type { Calls, OperationId } from './calls.js';
import { historyFramesOf } from './history-frames.js';
import type { Lab, LabVm } from './lab.js';
import { commandUnknown } from './lab-error.js';
import { filterQueryOf, queryOf } from './query.js';

/** A VM of a lab, over calls. */
export function vmOf(id: string, lab: Lab, calls: Calls): LabVm {
  return {
    id,
    ...life(id, calls),
    ...commands(id, calls),
    ...dumps(id, calls),
    ...history(id, calls),
    ...time(id, calls),
    async fork(changes = {}) {
      const forked = await calls.ask('forkVm', { params: { vm: id }, body: changes });
      return lab.vm(forked.id);
    },
  };
}

function life(vm: string, calls: Calls): Pick<LabVm, 'read' | 'relabel' | 'delete'> {
  const params = { vm };
  return {
    read: () => calls.ask('getVm', { params }),
    relabel: (patch) => calls.ask('relabelVm', { params, body: patch }),
    delete: () => calls.ask('deleteVm', { params }),
  };
}

function commands(vm: string, calls: Calls): Pick<LabVm, 'run' | 'runAll'> {
  return {
    async run({ kind, vcpu, ...body }, options = {}) {
      const params = { vm, vcpu: String(vcpu) };
      return await calls.ask(runnerOf(kind), { params, query: queryOf(options), body });
    },
    async runAll(batch, options = {}) {
      const given = { params: { vm }, query: queryOf(options), body: [...batch] };
      return (await calls.ask('applyCommands', given)).results;
    },
  };
}

type Runner = Extract<OperationId, `run${string}`>;

/** Operation that runs a command: `runMovCr3` for `mov-cr3`. */
function runnerOf(kind: Command['kind']): Runner {
  const id = `run${kind.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())}`;
  if (!isRunner(id)) throw commandUnknown(kind);
  return id;
}

function isRunner(id: string): id is Runner {
  return Object.hasOwn(ROUTES, id);
}

type Dump =
  | 'vcpu'
  | 'vcpus'
  | 'tlb'
  | 'walk'
  | 'explain'
  | 'allowed'
  | 'ledger'
  | 'shadowPages'
  | 'shadowPage'
  | 'memory';

function dumps(vm: string, calls: Calls): Pick<LabVm, Dump> {
  const ofVcpu = (vcpu = 0) => ({ vm, vcpu: String(vcpu) });
  const params = { vm };
  return {
    vcpu: (index, at = {}) => calls.ask('getVcpu', { params: ofVcpu(index), query: queryOf(at) }),
    vcpus: async (at = {}) => (await calls.ask('listVcpus', { params, query: queryOf(at) })).vcpus,
    tlb: ({ vcpu, ...page } = {}) =>
      calls.ask('getTlb', { params: ofVcpu(vcpu), query: queryOf(page) }),
    walk: ({ vcpu, ...from }) =>
      calls.ask('walkTables', { params: ofVcpu(vcpu), query: queryOf(from) }),
    explain: ({ vcpu, ...lookup }) =>
      calls.ask('explainLookup', { params: ofVcpu(vcpu), query: queryOf(lookup) }),
    allowed: ({ vcpu, ...of }) =>
      calls.ask('listAllowed', { params: ofVcpu(vcpu), query: queryOf(of) }),
    ledger: () => calls.ask('getLedger', { params }),
    shadowPages: (options = {}) =>
      calls.ask('listShadowPages', { params, query: queryOf(options) }),
    shadowPage: (hpa, at = {}) =>
      calls.ask('getShadowPage', { params: { vm, hpa }, query: queryOf(at) }),
    memory: (options = {}) => calls.ask('readMemory', { params, query: queryOf(options) }),
  };
}

type History =
  | 'history'
  | 'violations'
  | 'why'
  | 'coverage'
  | 'timeline'
  | 'events'
  | 'wait'
  | 'verify';

function history(vm: string, calls: Calls): Pick<LabVm, History> {
  const params = { vm };
  return {
    history({ after, limit, ...filter } = {}) {
      const query = { ...queryOf({ after, limit }), ...filterQueryOf(filter) };
      return calls.ask('listEvents', { params, query });
    },
    violations: () => calls.ask('listViolations', { params }),
    why: (seq) => calls.ask('explainEvent', { params: { vm, seq: String(seq) } }),
    coverage: (options = {}) => calls.ask('getCoverage', { params, query: queryOf(options) }),
    timeline({ vcpus, ...window } = {}) {
      const query = queryOf({ ...window, vcpu: vcpus });
      return calls.ask('getTimeline', { params, query });
    },
    events({ after, signal, ...filter } = {}) {
      const query = { ...queryOf({ after }), ...filterQueryOf(filter) };
      return historyFramesOf(calls.frames(vm, query, signal));
    },
    wait(until, { timeoutMs, signal } = {}) {
      const body = { until, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
      return calls.ask('waitUntil', { params, body }, signal);
    },
    verify: (expect, span = {}) =>
      calls.ask('verify', { params, body: { expect: [...expect], ...span } }),
  };
}

type Time =
  | 'reset'
  | 'snapshot'
  | 'snapshots'
  | 'restore'
  | 'deleteSnapshot'
  | 'diff'
  | 'digest'
  | 'case'
  | 'excerpt';

function time(vm: string, calls: Calls): Pick<LabVm, Time> {
  const params = { vm };
  return {
    reset: () => calls.ask('resetVm', { params }),
    snapshot: (name) => calls.ask('takeSnapshot', { params, body: { name } }),
    snapshots: async () => (await calls.ask('listSnapshots', { params })).snapshots,
    restore: (name) => calls.ask('restoreSnapshot', { params: { vm, snapshot: name } }),
    deleteSnapshot: (name) => calls.ask('deleteSnapshot', { params: { vm, snapshot: name } }),
    diff: (options) => calls.ask('diffMoments', { params, query: queryOf(options) }),
    digest: (seq) => calls.ask('getDigest', { params, query: queryOf({ seq }) }),
    case: () => calls.ask('getCase', { params }),
    excerpt: (at) => calls.ask('getExcerpt', { params, query: queryOf({ at }) }),
  };
}
