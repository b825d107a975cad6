import * as server from '../server/direct/index.js';
import type { BatchApplied, Fork, SnapshotList, VcpuList } from './api.js';
import { historyFramesOf } from './history-frames.js';
import type { Lab, LabVm } from './lab.js';
import { commandUnknown } from './lab-error.js';
import type { LocalCalls } from './local-calls.js';
import { filterQueryOf, queryOf } from './query.js';

/** A VM of this process. */
export function localVm(id: string, lab: Lab, calls: LocalCalls): LabVm {
  return {
    id,
    ...life(id, calls),
    ...commands(id, calls),
    ...dumps(id, calls),
    ...history(id, calls),
    ...time(id, calls),
    async fork(changes = {}) {
      const forked: Fork = await calls.ask(server.forkVm, { params: { vm: id }, body: changes });
      return lab.vm(forked.id);
    },
  };
}

function life(vm: string, calls: LocalCalls): Pick<LabVm, 'read' | 'relabel' | 'delete'> {
  const params = { vm };
  return {
    read: () => calls.ask(server.getVm, { params }),
    relabel: (patch) => calls.ask(server.relabelVm, { params, body: patch }),
    delete: () => calls.ask(server.deleteVm, { params }),
  };
}

function commands(vm: string, calls: LocalCalls): Pick<LabVm, 'run' | 'runAll'> {
  return {
    async run({ kind, vcpu, ...body }, options = {}) {
      const params = { vm, vcpu: String(vcpu) };
      const operation = server.RUN_COMMAND[kind];
      if (operation === undefined) throw commandUnknown(kind);
      return await calls.ask(operation, { params, query: queryOf(options), body });
    },
    async runAll(body, options = {}) {
      const query = queryOf(options);
      const given = { params: { vm }, query, body };
      const { results }: BatchApplied = await calls.ask(server.applyCommands, given);
      return results;
    },
  };
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

function dumps(vm: string, calls: LocalCalls): Pick<LabVm, Dump> {
  const ofVcpu = (vcpu = 0) => ({ vm, vcpu: String(vcpu) });
  const params = { vm };
  return {
    vcpu: (index) => calls.ask(server.getVcpu, { params: ofVcpu(index) }),
    async vcpus() {
      const { vcpus }: VcpuList = await calls.ask(server.listVcpus, { params });
      return vcpus;
    },
    tlb: ({ vcpu, ...page } = {}) =>
      calls.ask(server.getTlb, { params: ofVcpu(vcpu), query: queryOf(page) }),
    walk: ({ vcpu, ...from }) =>
      calls.ask(server.walkTables, { params: ofVcpu(vcpu), query: queryOf(from) }),
    explain: ({ vcpu, ...lookup }) =>
      calls.ask(server.explainLookup, { params: ofVcpu(vcpu), query: queryOf(lookup) }),
    allowed: ({ vcpu, gva }) =>
      calls.ask(server.listAllowed, { params: ofVcpu(vcpu), query: { gva } }),
    ledger: () => calls.ask(server.getLedger, { params }),
    shadowPages: (options = {}) =>
      calls.ask(server.listShadowPages, { params, query: queryOf(options) }),
    shadowPage: (hpa) => calls.ask(server.getShadowPage, { params: { vm, hpa } }),
    memory: (options = {}) => calls.ask(server.readMemory, { params, query: queryOf(options) }),
  };
}

function history(
  vm: string,
  calls: LocalCalls,
): Pick<LabVm, 'history' | 'events' | 'wait' | 'verify'> {
  const params = { vm };
  return {
    history: ({ after, limit, ...filter } = {}) => {
      const query = { ...queryOf({ after, limit }), ...filterQueryOf(filter) };
      return calls.ask(server.listEvents, { params, query });
    },
    events({ after, signal, ...filter } = {}) {
      const query = { ...queryOf({ after }), ...filterQueryOf(filter) };
      return historyFramesOf(calls.frames(vm, { query, signal }));
    },
    wait: (until, { timeoutMs, signal } = {}) =>
      calls.ask(server.waitUntil, { params, body: { until, timeoutMs }, signal }),
    verify: (expect, span = {}) => calls.ask(server.verify, { params, body: { expect, ...span } }),
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

function time(vm: string, calls: LocalCalls): Pick<LabVm, Time> {
  const params = { vm };
  return {
    reset: () => calls.ask(server.resetVm, { params }),
    snapshot: (name) => calls.ask(server.takeSnapshot, { params, body: { name } }),
    async snapshots() {
      const { snapshots }: SnapshotList = await calls.ask(server.listSnapshots, { params });
      return snapshots;
    },
    restore: (name) => calls.ask(server.restoreSnapshot, { params: { vm, snapshot: name } }),
    deleteSnapshot: (name) => calls.ask(server.deleteSnapshot, { params: { vm, snapshot: name } }),
    diff: (options) => calls.ask(server.diffMoments, { params, query: queryOf(options) }),
    digest: (seq) => calls.ask(server.getDigest, { params, query: queryOf({ seq }) }),
    case: () => calls.ask(server.getCase, { params }),
  };
}
