import type { Vm } from '../state/index.js';

/** The same VM for whoever only watches. @param onOracle Is told when he looks at the oracle. */
export function seenVm(vm: Vm, onOracle: () => void): Vm {
  const { initial, rules, policy, wrappers, vcpus, tlbTotal, vmcs12s, ledger } = vm;
  return {
    ...{ initial, rules, policy, wrappers, vcpus, tlbTotal, vmcs12s, ledger },
    get config() {
      return vm.config;
    },
    set config(config) {
      vm.config = config;
    },
    get memory() {
      return vm.memory;
    },
    get shadow() {
      return vm.shadow;
    },
    get oracle() {
      onOracle();
      return vm.oracle;
    },
  };
}
