import type { Calls } from './calls.js';
import type { Lab, VmSelection } from './lab.js';
import { queryOf } from './query.js';
import { vmOf } from './vm-of.js';

/** A lab over calls. */
export function labOf(calls: Calls): Lab {
  const lab: Lab = {
    async createVm(config = {}) {
      const { id } = await calls.ask('createVm', { body: config });
      return lab.vm(id);
    },
    vm: (id) => vmOf(id, lab, calls),
    listVms: ({ cursor, limit, ...selection } = {}) =>
      calls.ask('listVms', { query: { ...selected(selection), ...queryOf({ cursor, limit }) } }),
    async deleteVms(selection) {
      return (await calls.ask('deleteVms', { query: selected(selection) })).deleted;
    },
    diff: (moments) => calls.ask('diffVms', { query: queryOf(moments) }),
    play: (file) => calls.ask('playCase', { body: file }),
    policies: async () => (await calls.ask('listPolicies', {})).policies,
    model: () => calls.ask('getModel', {}),
    close: () => calls.close(),
  };
  return lab;
}

function selected({ tag, name }: VmSelection) {
  return queryOf({ tag: tag === undefined ? undefined : [tag].flat(), name });
}
