import { POLICY_NAMES, type PolicyName } from '../../../mmu/index.js';
import type { Command, VmConfigInput } from '../../../mmu/schema/index.js';
import { DEFAULT_PRICES, lanesOf, type PriceList, type RaceResult } from '../../race/index.js';
import type { Census } from '../census.js';
import type { TakeWindow } from '../reconstruct/reconstruct.js';
import type { VmTrace } from '../reconstruct/vm.js';
import type { Confidence, Placed, Window } from '../reconstruct/window.js';
import { type Agreement, type AgreementRun, createAgreement } from './agreement.js';
import { createEnds, type End, type EndsRun } from './ends.js';
import { type MachineOptions, machineOf } from './machine.js';
import { createReuse, type Reuse, type ReuseRun } from './reuse.js';
import { rootOf } from './root-of.js';

/** Settings of a score, beside the trace. */
export interface ScoreOptions extends MachineOptions {
  readonly policies?: readonly PolicyName[];
  readonly prices?: PriceList;
  /** The guest's own work in each command, in cycles. */
  readonly guestCycles?: number;
  /** Commands of a VM that are kept for reports, cases and exports: {@link COMMANDS_KEPT_MAX}, or fewer. */
  readonly commandsKept?: number;
}

/** A command as a report shows it. */
export interface KeptCommand {
  readonly at: number;
  readonly vcpu: number;
  readonly confidence: Confidence;
  readonly command: Command;
}

/** The verdict on one VM of a trace. */
export interface VmScore {
  readonly vm: number;
  readonly tasks: readonly string[];
  readonly config: VmConfigInput;
  /** Commands by how much is known of them. */
  readonly confidence: Record<Confidence, number>;
  readonly reuses: readonly Reuse[];
  readonly agreement: Agreement;
  readonly ends: Record<End, RaceResult>;
  /** Whether the ends were worked out apart. */
  readonly isUncertain: boolean;
  /** The first commands. */
  readonly commands: readonly KeptCommand[];
  readonly commandCount: number;
  /** Commands of vCPUs that came after the VM had begun: no policy was asked about them. */
  readonly leftOut: number;
  /** Commands that were guessed after the VM had begun without a guess: both ends have the likeliest. */
  readonly guessedLate: number;
}

/** A score as it is being worked out: windows in, verdicts out. */
export interface ScoreRun {
  readonly take: TakeWindow;
  /** Memory of the machines of all VMs, in pages of 4 KiB. */
  pages(): number;
  /** The verdicts, each worked out when it is asked for. */
  scores(name: string, version: string): Iterable<VmScore>;
}

/** Commands of a VM that are kept at most: some 20 MB. */
export const COMMANDS_KEPT_MAX = 100_000;

/** Everything that is worked out of one VM. */
interface VmRun {
  readonly vm: VmTrace;
  readonly config: VmConfigInput;
  readonly vcpus: number;
  readonly agreement: AgreementRun;
  readonly ends: EndsRun;
  readonly isUncertain: boolean;
  readonly confidence: Record<Confidence, number>;
  readonly reuses: Map<string, ReuseRun>;
  readonly commands: KeptCommand[];
  readonly commandsKept: number;
  commandCount: number;
  leftOut: number;
  guessedLate: number;
}

export function createScore(census: Census, options: ScoreOptions): ScoreRun {
  const runs = new Map<VmTrace, VmRun>();
  return {
    take(vm, window) {
      let run = runs.get(vm);
      if (run === undefined) {
        run = begin(vm, census, options, window);
        runs.set(vm, run);
      }
      takeWindow(run, window);
    },
    pages: () => [...runs.values()].reduce((sum, { ends }) => sum + ends.pages(), 0),
    *scores(name, version) {
      for (const run of runs.values()) yield scoreOf(run, name, version);
    },
  };
}

function begin(vm: VmTrace, census: Census, options: ScoreOptions, first: Window): VmRun {
  const config = machineOf(vm, census.release, options);
  const { policies = POLICY_NAMES, prices = DEFAULT_PRICES, guestCycles = 0 } = options;
  const { commandsKept = COMMANDS_KEPT_MAX } = options;
  const { kernel = '6.1', prevRoots = 3 } = config;
  const lanes = lanesOf({ policies, prevRoots: [prevRoots], kernels: [kernel] });
  const held = [first, ...vm.held].flatMap(({ placed }) => placed);
  const isUncertain = held.some(({ confidence }) => confidence === 'guessed');
  return {
    ...{ vm, config, vcpus: config.vcpus ?? 1, isUncertain },
    agreement: createAgreement(config),
    ends: createEnds({ config, lanes, prices, guestCycles, isUncertain }),
    confidence: { seen: 0, inferred: 0, guessed: 0 },
    ...{ reuses: new Map(), commands: [], commandCount: 0, leftOut: 0, guessedLate: 0 },
    commandsKept: Math.min(commandsKept, COMMANDS_KEPT_MAX),
  };
}

function takeWindow(run: VmRun, window: Window): void {
  if (window.vcpu >= run.vcpus) {
    run.leftOut += window.placed.length;
    for (const { command } of window.placed) noteRoot(run, window.vcpu, command);
    return;
  }
  run.agreement.take(window);
  if (window.placed.length === 0) return;
  run.ends.take(window);
  for (const placed of window.placed) takePlaced(run, window, placed);
}

function takePlaced(run: VmRun, { at, vcpu }: Window, { command, confidence }: Placed): void {
  run.confidence[confidence] += 1;
  run.commandCount += 1;
  if (run.commands.length < run.commandsKept) {
    run.commands.push({ at, vcpu, confidence, command });
  }
  if (confidence === 'guessed' && !run.isUncertain) run.guessedLate += 1;
  noteRoot(run, vcpu, command);
}

function noteRoot(run: VmRun, vcpu: number, command: Command): void {
  const root = rootOf(command);
  if (root !== null) reuseOf(run, vcpu, root.mmu).switchTo(root.pgd);
}

function reuseOf(run: VmRun, vcpu: number, mmu: 'cr3' | 'eptp'): ReuseRun {
  const key = `${vcpu} ${mmu}`;
  const known = run.reuses.get(key);
  if (known !== undefined) return known;
  const created = createReuse(vcpu, mmu);
  run.reuses.set(key, created);
  return created;
}

function scoreOf(run: VmRun, name: string, version: string): VmScore {
  const { vm, config, confidence, reuses, agreement, isUncertain, commands } = run;
  return {
    vm: vm.id,
    tasks: vm.tasks,
    ...{ config, confidence, isUncertain, commands },
    reuses: [...reuses.values()].map(({ reuse }) => reuse),
    agreement: agreement.agreement,
    ends: run.ends.results(name, version),
    commandCount: run.commandCount,
    ...{ leftOut: run.leftOut, guessedLate: run.guessedLate },
  };
}
