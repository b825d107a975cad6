import {
  CommandRefused,
  createVm,
  step,
  type Vm,
  vcpuStateOf,
  wordToHex,
} from '../../../mmu/index.js';
import { Command, createJsonWriter, VmConfig } from '../../../mmu/schema/index.js';
import type { VmScore } from '../score/score.js';

const writeCommand = createJsonWriter(Command);

/** States of a trace of states at most: viewers draw each. */
export const ITF_STATES_MAX = 10_000;

/**
 * The first VM of a trace as states, in the Informal Trace Format of model checkers: after each
 * command, the roots of every vCPU. In pieces, each a state.
 *
 * @see https://apalache-mc.org/docs/adr/015adr-trace.html
 */
export function* itfJson({ config, commands }: VmScore): Generator<string, void> {
  const vm = createVm(VmConfig.parse({ ...config, policy: 'mainline' }));
  yield `${JSON.stringify(HEAD).slice(0, -1)},"states":[`;
  yield JSON.stringify(stateOf(vm, 0, 'start', 'seen'));
  let index = 0;
  for (const { command, confidence } of commands) {
    index += 1;
    if (index === ITF_STATES_MAX) break;
    try {
      step(vm, command, null);
    } catch (error) {
      if (!(error instanceof CommandRefused)) break;
    }
    yield `,${JSON.stringify(stateOf(vm, index, writeCommand(command), confidence))}`;
  }
  yield ']}';
}

const HEAD = {
  '#meta': { format: 'ITF', description: 'Roots of a traced VM under mainline' },
  vars: ['command', 'confidence', 'rootMmu', 'guestMmu'],
};

function stateOf(vm: Vm, index: number, command: string, confidence: string) {
  const states = vm.vcpus.map((vcpu) => vcpuStateOf(vm, vcpu));
  const map = (of: (state: (typeof states)[number]) => object) => ({
    '#map': states.map((state, vcpu) => [vcpu, of(state)]),
  });
  const roots = ({ root, prevRoots }: (typeof states)[number]['rootMmu']) => ({
    root: root === null ? '' : wordToHex(root.pgd),
    prevRoots: prevRoots.map((slot) => (slot === null ? '' : wordToHex(slot.pgd))),
  });
  return {
    '#meta': { index },
    ...{ command, confidence },
    rootMmu: map((state) => roots(state.rootMmu)),
    guestMmu: map((state) => roots(state.guestMmu)),
  };
}
