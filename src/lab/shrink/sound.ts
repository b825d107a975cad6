import { CommandRefused, createMendedVm, step } from '../../mmu/index.js';
import { Command, type MmuEvent, type Outcome, VmConfig } from '../../mmu/schema/index.js';
import type { Failing } from './failing.js';

/** A command of a list as it should go. */
export interface SoundStep {
  /** Its end; null if it is refused, or where that machine errs as well. */
  readonly outcome: Outcome | null;
  /** The last access that it made; null if it made none. */
  readonly access: (MmuEvent & { readonly kind: 'access' }) | null;
  /** Whether its vCPU runs L2 when it comes, and afterwards. */
  readonly l2: { readonly before: boolean; readonly after: boolean };
  /** Whether its vCPU is in VMX operation afterwards. */
  readonly isVmxOn: boolean;
}

/**
 * The steps that a list should take: those of a machine of mainline without defects and without the
 * bugs that are known.
 *
 * @returns One for each command, up to the one on which that machine fails as well.
 */
export function soundStepsOf({ config, commands }: Failing): SoundStep[] {
  const vm = createMendedVm(VmConfig.parse({ ...config, policy: 'mainline', defects: [] }));
  const steps: SoundStep[] = [];
  for (const input of commands) {
    const command = Command.parse(input);
    const nested = vm.vcpus[command.vcpu]?.nested;
    const before = nested?.guestMode === true;
    let access: SoundStep['access'] = null;
    let isWrong = false;
    let outcome: Outcome | null = null;
    try {
      outcome = step(vm, command, (_vcpu, event) => {
        if (event.kind === 'access') access = event;
        if (event.kind === 'violation') isWrong = true;
        return 0;
      });
    } catch (error) {
      if (!(error instanceof CommandRefused)) return steps;
    }
    steps.push({
      outcome: isWrong ? null : outcome,
      access,
      l2: { before, after: nested?.guestMode === true },
      isVmxOn: nested !== undefined && nested.vmxon !== -1,
    });
  }
  return steps;
}
