import type { RequestOpts } from '@oazapfts/runtime';
import * as api from './api.js';
import { historyFramesOf } from './history-frames.js';
import type { Lab, LabVm } from './lab.js';
import { commandUnknown } from './lab-error.js';
import { filterQueryOf, queryOf } from './query.js';
import type { RemoteCalls } from './remote-calls.js';

/** A VM of a server. */
export function remoteVm(id: string, lab: Lab, calls: RemoteCalls): LabVm {
  return {
    id,
    ...life(id, calls),
    ...commands(id, calls),
    ...dumps(id, calls),
    ...history(id, calls),
    ...time(id, calls),
    async fork(changes = {}) {
      const forked = await calls.answerOf((to) => api.forkVm(id, changes, {}, to));
      return lab.vm(forked.id);
    },
  };
}

function life(vm: string, calls: RemoteCalls): Pick<LabVm, 'read' | 'relabel' | 'delete'> {
  return {
    read: () => calls.answerOf((to) => api.getVm(vm, to)),
    relabel: (patch) => calls.answerOf((to) => api.relabelVm(vm, patch, {}, to)),
    delete: () => calls.answerOf((to) => api.deleteVm(vm, {}, to)),
  };
}

/** The generated calls that run a command; each takes the body of its own kind. */
type RunCommand = (
  vm: string,
  vcpu: string,
  body: object,
  query: { dryRun?: 'false' | 'true' },
  to: RequestOpts,
) => ReturnType<typeof api.runEnter>;

function commands(vm: string, calls: RemoteCalls): Pick<LabVm, 'run' | 'runAll'> {
  return {
    async run({ kind, vcpu, ...body }, options = {}) {
      const run = runnerOf(kind);
      return calls.answerOf((to) => run(vm, String(vcpu), body, queryOf(options), to));
    },
    async runAll(batch, options = {}) {
      const query = queryOf(options);
      const send = (to: RequestOpts) => api.applyCommands(vm, [...batch], query, to);
      return (await calls.answerOf(send)).results;
    },
  };
}

/** `mov-cr3` is run by `runMovCr3`. */
function runnerOf(kind: api.Command['kind']): RunCommand {
  const name = kind.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
  // biome-ignore lint/performance/noDynamicNamespaceImportAccess: there is one for every kind.
  const run = api[`run${name}` as 'runEnter'] as RunCommand | undefined;
  if (run === undefined) throw commandUnknown(kind);
  return run;
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

function dumps(vm: string, calls: RemoteCalls): Pick<LabVm, Dump> {
  return {
    vcpu: (index = 0) => calls.answerOf((to) => api.getVcpu(vm, String(index), to)),
    vcpus: async () => (await calls.answerOf((to) => api.listVcpus(vm, to))).vcpus,
    tlb: ({ vcpu = 0, ...page } = {}) =>
      calls.answerOf((to) => api.getTlb(vm, String(vcpu), queryOf(page), to)),
    walk: ({ vcpu = 0, ...from }) =>
      calls.answerOf((to) => api.walkTables(vm, String(vcpu), queryOf(from), to)),
    explain: ({ vcpu = 0, pgd, ...lookup }) =>
      calls.answerOf((to) => api.explainLookup(pgd, vm, String(vcpu), queryOf(lookup), to)),
    allowed: ({ vcpu = 0, gva }) =>
      calls.answerOf((to) => api.listAllowed(gva, vm, String(vcpu), to)),
    ledger: () => calls.answerOf((to) => api.getLedger(vm, to)),
    shadowPages: (options = {}) =>
      calls.answerOf((to) => api.listShadowPages(vm, queryOf(options), to)),
    shadowPage: (hpa) => calls.answerOf((to) => api.getShadowPage(vm, hpa, to)),
    memory: (options = {}) => calls.answerOf((to) => api.readMemory(vm, queryOf(options), to)),
  };
}

function history(
  vm: string,
  calls: RemoteCalls,
): Pick<LabVm, 'history' | 'events' | 'wait' | 'verify'> {
  return {
    history({ after, limit, ...filter } = {}) {
      const query = { ...queryOf({ after, limit }), ...filterQueryOf(filter) };
      return calls.answerOf((to) => api.listEvents(vm, query, to));
    },
    events({ after, signal, ...filter } = {}) {
      const query = { ...queryOf({ after }), ...filterQueryOf(filter) };
      return historyFramesOf(calls.frames(vm, { query, signal }));
    },
    wait(until, { timeoutMs, signal } = {}) {
      const body = { until, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
      return calls.answerOf((to) => api.waitUntil(vm, body, to), signal);
    },
    verify: (expect, span = {}) =>
      calls.answerOf((to) => api.verify(vm, { expect: [...expect], ...span }, to)),
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
  | 'case';

function time(vm: string, calls: RemoteCalls): Pick<LabVm, Time> {
  return {
    reset: () => calls.answerOf((to) => api.resetVm(vm, {}, {}, to)),
    snapshot: (name) => calls.answerOf((to) => api.takeSnapshot(vm, { name }, {}, to)),
    snapshots: async () => (await calls.answerOf((to) => api.listSnapshots(vm, to))).snapshots,
    restore: (name) => calls.answerOf((to) => api.restoreSnapshot(vm, name, {}, {}, to)),
    deleteSnapshot: (name) => calls.answerOf((to) => api.deleteSnapshot(vm, name, {}, to)),
    diff: ({ from, ...rest }) =>
      calls.answerOf((to) => api.diffMoments(String(from), vm, queryOf(rest), to)),
    digest: (seq) => calls.answerOf((to) => api.getDigest(vm, queryOf({ seq }), to)),
    case: () => calls.answerOf((to) => api.getCase(vm, to)),
  };
}
