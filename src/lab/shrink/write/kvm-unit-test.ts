import type { CommandInput } from '../../../mmu/schema/index.js';
import type { Shrunk } from '../shrink.js';
import { type SoundStep, soundStepsOf } from '../sound.js';
import { callsOf, constant, inComment, leftOut } from './c-calls.js';
import { type Last, lastOf } from './c-last.js';
import { isOfVmx, regionsOf, vmxCallsOf } from './c-vmx.js';
import { type Frame, fileOf } from './kvm-unit-frame.js';
import { titleOf } from './title.js';

/**
 * A test for kvm-unit-tests: the commands as guests execute them, and at the end a report of whether
 * the last one did what the architecture says. What the host did is left as a comment at its place.
 *
 * A list with instructions of VMX becomes a test of x86/vmx.h: its L2 is a function that leaves and
 * is entered again as in the list.
 */
export function kvmUnitTest(found: Shrunk): string {
  const { config, commands, failure } = found;
  const steps = soundStepsOf(found);
  const regions = regionsOf(commands, steps);
  const main = commands.find(isOfVmx)?.vcpu ?? 0;
  const parts = new Parts(main);
  for (const { gpa, value } of config.memory?.words ?? []) {
    parts.add(main, false, [`store(${constant(gpa)}, ${constant(value)});`]);
  }
  let last: Last | null = null;
  for (const [nth, command] of commands.entries()) {
    const step = steps[nth];
    const calls = callsFor(command, step, { regions, main });
    const isLast = nth === commands.length - 1;
    if (isLast) last = lastOf(command, step, { calls, regions });
    parts.add(command.vcpu, command.vcpu === main && parts.isL2(step), last?.there ?? calls);
  }
  parts.add(main, false, last?.afterwards ?? []);
  const frame: Frame = {
    title: inComment(titleOf(failure)),
    ...parts.written(),
    regions: [...regions.values()],
    switchesVmx: commands.some(({ kind }) => kind === 'vmxon'),
    endsWithoutVmx: steps[lastStepOf(commands, main)]?.isVmxOn === false,
  };
  return fileOf(frame, commands.some(isOfVmx));
}

function callsFor(
  command: CommandInput,
  step: SoundStep | undefined,
  { regions, main }: { regions: ReadonlyMap<string, string>; main: number },
): string[] {
  if (!isOfVmx(command)) return callsOf(command, step?.outcome ?? null);
  return command.vcpu === main ? vmxCallsOf(command, step, regions) : [leftOut(command)];
}

function lastStepOf(commands: readonly CommandInput[], vcpu: number): number {
  return commands.findLastIndex((command) => command.vcpu === vcpu);
}

/** Lines by the place where they are executed: by L1, by its L2, or on another CPU. */
class Parts {
  readonly #main: number;
  readonly #l1: string[] = [];
  readonly #l2: string[] = [];
  readonly #others: { readonly name: string; readonly lines: string[] }[] = [];
  #cpu = 0;
  #inL2 = false;

  /** @param main The vCPU that becomes CPU 0, where all tests begin. */
  constructor(main: number) {
    this.#main = main;
  }

  /** Whether a command comes while L2 runs; those behind a failure are where the last one was. */
  isL2(step: SoundStep | undefined): boolean {
    return step?.l2.before ?? this.#inL2;
  }

  add(vcpu: number, inL2: boolean, lines: readonly string[]): void {
    if (lines.length === 0) return;
    const cpu = this.#cpuOf(vcpu);
    if (cpu === 0) this.#inL2 = inL2;
    const here = this.#inL2 ? this.#l2 : this.#l1;
    if (cpu === 0) {
      here.push(...lines);
    } else if (cpu === this.#cpu) {
      this.#others.at(-1)?.lines.push(...lines);
    } else {
      const name = `on_cpu_${cpu}_${this.#others.length}`;
      this.#others.push({ name, lines: [...lines] });
      here.push(`on_cpu(${cpu}, ${name}, NULL);`);
    }
    this.#cpu = cpu;
  }

  written(): Pick<Frame, 'l1' | 'l2' | 'others'> {
    return { l1: this.#l1, l2: this.#l2, others: this.#others };
  }

  #cpuOf(vcpu: number): number {
    if (vcpu === this.#main) return 0;
    return vcpu === 0 ? this.#main : vcpu;
  }
}
