import { randomUUID } from 'node:crypto';
import * as server from '../server/direct/index.js';
import { DEFAULT_LIMITS, type Limits } from '../server/wire/limits.js';
import type { PolicyList, Vm, VmsDeleted } from './api.js';
import type { Lab } from './lab.js';
import { LocalCalls } from './local-calls.js';
import { localVm } from './local-vm.js';
import { queryOf } from './query.js';

export interface LabOptions {
  /** Bounds other than those of a server. */
  readonly limits?: Partial<Limits>;
}

/** Nobody reads a log here: what fails is told to whoever asked. */
const NO_LOG = { error: () => {}, info: () => {} };

/** A lab in this process: the same model, checks and answers as a server's, and no port. */
export function createLab({ limits = {} }: LabOptions = {}): Lab {
  const calls = new LocalCalls(
    server.createHost({
      limits: { ...DEFAULT_LIMITS, ...limits },
      log: NO_LOG,
      epoch: randomUUID(),
    }),
  );
  const lab: Lab = {
    async createVm(config = {}) {
      const { id }: Vm = await calls.ask(server.createVm, { body: config });
      return lab.vm(id);
    },
    vm: (id) => localVm(id, lab, calls),
    listVms: (options = {}) => calls.ask(server.listVms, { query: queryOf(options) }),
    async deleteVms(selection) {
      const query = queryOf(selection);
      const { deleted }: VmsDeleted = await calls.ask(server.deleteVms, { query });
      return deleted;
    },
    diff: (moments) => calls.ask(server.diffVms, { query: queryOf(moments) }),
    play: (file) => calls.ask(server.playCase, { body: file }),
    async policies() {
      const { policies }: PolicyList = await calls.ask(server.listPolicies);
      return policies;
    },
    model: () => calls.ask(server.getModel),
    close: () => calls.close(),
  };
  return lab;
}
