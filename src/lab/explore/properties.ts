import { FLAWS, prevRootCount, rootAt, type Vm } from '../../mmu/index.js';
import { isKeepingStated, KeepingWatch } from '../keeping/index.js';
import type { Property } from './property.js';

/** No access uses what the architecture forbids, nor is stopped by what it does not have. */
const noViolation: Property = {
  name: 'no-violation',
  summary: 'No access uses a translation that the architecture does not allow.',
  isDeaf: true,
  isByOracle: true,
  watch(vm) {
    const before = violationsIn(vm);
    let says: string | null = null;
    return {
      see(_vcpu, event) {
        if (event.kind === 'violation') says ??= event.message;
      },
      end: () => (violationsIn(vm) > before ? (says ?? 'A violation') : null),
    };
  },
};

function violationsIn({ oracle }: Vm): number {
  return (oracle?.vcpus ?? []).reduce((sum, judged) => sum + (judged?.violations ?? 0), 0);
}

/** A failed assertion is caught where the command runs: see {@link ASSERTION}. */
const noAssertion: Property = {
  name: 'no-assertion',
  summary: 'No assertion of the model fails, which would be a crash of the host.',
};

/** The property that a command fails whose assertion failed. */
export const ASSERTION = noAssertion.name;

const noHang: Property = {
  name: 'no-hang',
  summary: 'No vCPU goes on for ever without its guest.',
  isDeaf: true,
  isByOracle: true,
  watch: () => ({
    end: (outcome) =>
      outcome.kind === 'error' && outcome.errno === 'EINTR'
        ? 'The vCPU would go on for ever'
        : null,
  }),
};

const shadowInvariants: Property = {
  name: 'shadow-invariants',
  summary: 'Every invariant of the shadow pages and the TLBs holds.',
  looks: FLAWS.map((flawsIn) => (vm) => flawsIn(vm)[0] ?? null),
};

/** Stated for kernels since v5.19 with their own policy; of any other machine it says nothing. */
const noOverInvalidation: Property = {
  name: 'no-over-invalidation',
  summary: 'Nothing is given up that an invalidation must leave valid.',
  watch(vm, command) {
    if (!isKeepingStated(vm.config)) return { end: () => null };
    const keeping = new KeepingWatch(vm, command);
    return { see: (vcpu, event) => keeping.see(vcpu, event), end: () => keeping.verdict() };
  },
};

/** KVM rotates `prev_roots` past empty slots, so that this need not hold of it. */
const sparesLiveRoots: Property = {
  name: 'spares-live-roots',
  summary: 'No live root is evicted while a slot of its MMU is empty.',
  watch() {
    let says: string | null = null;
    return {
      see(vcpu, event) {
        if (event.kind !== 'root-evicted') return;
        const mmu = event.mmu === 'root' ? vcpu.rootMmu : vcpu.guestMmu;
        for (let slot = 0; slot < prevRootCount(mmu); slot += 1) {
          if (rootAt(mmu, slot) !== null) continue;
          says ??= `A live root of ${event.mmu}_mmu was evicted beside the empty slot prev${slot}`;
        }
      },
      end: () => says,
    };
  },
};

/** Every property that has a name, in the order in which they are shown. */
export const PROPERTIES: readonly Property[] = [
  noViolation,
  noAssertion,
  noHang,
  shadowInvariants,
  noOverInvalidation,
  sparesLiveRoots,
];

/** The ones that every sound machine has. */
export const SOUNDNESS: readonly Property[] = [noViolation, noAssertion, noHang, shadowInvariants];

/**
 * A property said as a predicate.
 *
 * @param isRight Looks at a state and changes nothing.
 */
export function always(name: string, isRight: (vm: Vm) => boolean): Property {
  return {
    name,
    summary: `In every state: ${name}.`,
    tellsApart: true,
    looks: [(vm) => (isRight(vm) ? null : `A state is reached that is not: ${name}`)],
  };
}
