import * as api from './api.js';
import type { Lab } from './lab.js';
import { queryOf } from './query.js';
import { RemoteCalls, type ServerOptions } from './remote-calls.js';
import { remoteVm } from './remote-vm.js';

export type { ServerOptions } from './remote-calls.js';

/**
 * A lab on a server.
 *
 * @param url Where the server listens: `http://127.0.0.1:3000`. Nothing is asked yet.
 */
export function connectLab(url: string | URL, options: ServerOptions = {}): Lab {
  const calls = new RemoteCalls(url, options);
  const lab: Lab = {
    async createVm(config = {}) {
      const { id } = await calls.answerOf((to) => api.createVm(config, {}, to));
      return lab.vm(id);
    },
    vm: (id) => remoteVm(id, lab, calls),
    listVms: (options = {}) => calls.answerOf((to) => api.listVms(selected(options), to)),
    async deleteVms(selection) {
      return (await calls.answerOf((to) => api.deleteVms(selected(selection), to))).deleted;
    },
    diff({ a, b, ...rest }) {
      return calls.answerOf((to) => api.diffVms(a, b, queryOf(rest), to));
    },
    play: (file) => calls.answerOf((to) => api.playCase(file, {}, to)),
    policies: async () => (await calls.answerOf((to) => api.listPolicies(to))).policies,
    model: () => calls.answerOf((to) => api.getModel(to)),
    close: () => calls.close(),
  };
  return lab;
}

function selected(options: NonNullable<Parameters<Lab['listVms']>[0]>) {
  const { tag, ...rest } = options;
  return queryOf({ ...rest, tag: tag === undefined ? undefined : [tag].flat() });
}
