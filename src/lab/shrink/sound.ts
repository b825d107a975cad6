import { CommandRefused, createMendedVm, step } from '../../mmu/index.js';
import { Command, type MmuEvent, type Outcome, VmConfig } from '../../mmu/schema/index.js';
import type { Failing } from './failing.js';

/** The end of a list as it should be. */
export interface SoundEnd {
  readonly outcome: Outcome;
  /** The access that the last command made; null if it made none. */
  readonly access: (MmuEvent & { readonly kind: 'access' }) | null;
}

/**
 * The end that the last command should have: on a machine of mainline without defects and without
 * the bugs that are known.
 *
 * @returns Null where that machine cannot tell either.
 */
export function soundEndOf({ config, commands }: Failing): SoundEnd | null {
  const vm = createMendedVm(VmConfig.parse({ ...config, policy: 'mainline', defects: [] }));
  let end: SoundEnd | null = null;
  for (const input of commands) {
    let access: SoundEnd['access'] = null;
    let isWrong = false;
    try {
      const outcome = step(vm, Command.parse(input), (_vcpu, event) => {
        if (event.kind === 'access') access = event;
        if (event.kind === 'violation') isWrong = true;
        return 0;
      });
      end = isWrong ? null : { outcome, access };
    } catch (error) {
      if (!(error instanceof CommandRefused)) return null;
      end = null;
    }
  }
  return end;
}
