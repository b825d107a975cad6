import type { CommandInput, VmConfigInput } from '../../../../src/mmu/schema/index.js';
import type { Answer, ReplayStep } from '../../attempt/replay.js';
import { Unreadable } from '../../attempt/unreadable.js';
import * as make from './commands.js';
import {
  EPT_ALL,
  EPT_LEAF,
  entry,
  FRAMES,
  OPEN,
  OTHER,
  pteOf,
  ROOTS,
  SPARE,
  type Space,
  X,
} from './layout.js';
import { eptpOf, type ReplayMachine, startOf, startVmx } from './machine.js';

/** A step that a case asks about: an access, or an instruction that may fail. */
export interface Question {
  /** Index among the steps. */
  readonly at: number;
  readonly kind: 'read' | 'write' | 'execute' | 'instruction';
  /** Frame that a read finds by the tables as they are in memory; null where no page is read. */
  readonly frame: number | null;
}

/** A vCPU as the sentences so far have left it. */
interface Runner {
  isInL2: boolean;
  isLaunched: boolean;
  space: Space;
  /** CR3 that L2 loaded since L1 last ran; null if it loaded none. */
  loadedCr3: number | null;
}

/** A replay while its sentences are read: what was done, and what it led to. */
export interface ReplayDraft {
  readonly machine: ReplayMachine;
  readonly config: VmConfigInput;
  readonly steps: ReplayStep[];
  readonly questions: Question[];
  readonly runners: readonly [Runner, Runner];
  vcpu: 0 | 1;
  pcide: boolean;
  /** PCIDs in the order in which they are named alone: each has a space of its own. */
  readonly pcids: number[];
  /** EPTP that L2 runs on, and frames to which the EPTs map the frame of X. */
  eptp: Space;
  readonly eptFrames: Record<Space, number>;
  /** Frames to which the spaces map X. */
  readonly frames: Record<Space, number>;
  /** Addresses of the list that a hypercall is about to flush. */
  readonly gvas: string[];
  /** Frames that the next edits lead to. */
  readonly unused: number[];
}

export function begin(machine: ReplayMachine): ReplayDraft {
  const runner = (space: Space): Runner => ({
    ...{ isInL2: false, isLaunched: false, space, loadedCr3: null },
  });
  const { config, commands } = startOf(machine);
  return {
    machine,
    config,
    steps: commands.map((command) => ({ command })),
    questions: [],
    runners: [runner('a'), runner('b')],
    vcpu: 0,
    pcide: machine.pcide,
    pcids: [],
    eptp: 'a',
    eptFrames: { a: FRAMES.a, b: machine.l1?.sharesEpt === true ? FRAMES.a : OTHER },
    frames: { ...FRAMES },
    gvas: [],
    unused: [SPARE, SPARE + 2, SPARE + 3],
  };
}

export function run(draft: ReplayDraft, command: CommandInput, answer?: Answer): void {
  const given = draft.vcpu === 0 ? command : make.onVcpu(draft.vcpu, command);
  draft.steps.push(answer === undefined ? { command: given } : { command: given, answer });
}

/** An instruction about whose end the case has something to say. */
export function instruct(draft: ReplayDraft, command: CommandInput): void {
  draft.questions.push({ at: draft.steps.length, kind: 'instruction', frame: null });
  run(draft, command);
}

/** @param gva One of the pages of data, or an address of which no frame is known. */
export function touch(
  draft: ReplayDraft,
  kind: 'read' | 'write' | 'execute',
  { gva = X, user = false, frame }: { gva?: number; user?: boolean; frame?: number } = {},
): void {
  const found = frame ?? (gva === X ? frameOfX(draft) : null);
  draft.questions.push({ at: draft.steps.length, kind, frame: found });
  run(draft, make.access(kind, gva, user));
}

/** The frame of X by the tables as they are now. */
function frameOfX({ machine, eptp, frames, eptFrames, ...draft }: ReplayDraft): number {
  const { isInL2, space } = runnerOf(draft);
  const frame = frames[space];
  const isMapped = isInL2 && machine.paging === 'ept' && frame === FRAMES.a;
  return isMapped ? eptFrames[eptp] : frame;
}

export function runnerOf({ runners, vcpu }: Pick<ReplayDraft, 'runners' | 'vcpu'>): Runner {
  return runners[vcpu];
}

/** L2 runs, if there is one. */
export function beInL2(draft: ReplayDraft): void {
  const runner = runnerOf(draft);
  if (draft.machine.l1 === null || runner.isInL2) return;
  run(draft, make.command(runner.isLaunched ? 'vmresume' : 'vmlaunch'), { kind: 'ok' });
  runner.isInL2 = true;
  runner.isLaunched = true;
}

/**
 * L1 runs. It enters L2 again with the CR3 that L2 left with, as a hypervisor that intercepts the
 * loads of CR3 does: without EPT the processor does not note it.
 *
 * @param synthesized KVM makes the exit itself, with no instruction of L2 behind it.
 */
export function beInL1(draft: ReplayDraft, synthesized = false): void {
  const runner = runnerOf(draft);
  if (!runner.isInL2) return;
  run(draft, { kind: 'vmexit', vcpu: 0, ...(synthesized ? { synthesized } : {}) });
  runner.isInL2 = false;
  if (runner.loadedCr3 !== null) run(draft, make.vmwrite('GUEST_CR3', runner.loadedCr3));
  runner.loadedCr3 = null;
}

/** L2 goes on with an EPTP. */
export function runWith(draft: ReplayDraft, name: Space): void {
  const { l1 } = draft.machine;
  if (l1 === null) throw new Unreadable('an EPTP without a hypervisor');
  beInL1(draft);
  run(draft, make.vmwrite('EPT_POINTER', eptpOf(l1, name)));
  draft.eptp = name;
  beInL2(draft);
}

/** A load of CR3 by whoever runs. */
export function loadCr3(
  draft: ReplayDraft,
  space: Space,
  { pcid, keeps }: { pcid: number; keeps: boolean },
): void {
  const runner = runnerOf(draft);
  runner.space = space;
  if (runner.isInL2) runner.loadedCr3 = ROOTS[space] + pcid;
  run(draft, make.movCr3(ROOTS[space] + pcid, keeps));
}

/** The space of a PCID that is named without one: the first PCID has the first space. */
export function spaceOf({ pcids }: ReplayDraft, pcid: number): Space {
  if (!pcids.includes(pcid)) pcids.push(pcid);
  const at = pcids.indexOf(pcid);
  if (at > 1) throw new Unreadable(`PCID ${pcid} beside ${pcids.join(', ')}`);
  return at === 0 ? 'a' : 'b';
}

/** The entry that maps X in a space leads to another frame. */
export function editPte(draft: ReplayDraft, space: Space): void {
  const frame = nextFrame(draft);
  run(draft, make.store(pteOf(space), entry(frame, OPEN)));
  draft.frames[space] = frame;
}

/** The entry of the first EPT for the frame of X leads to another frame, or has other flags. */
export function editEpt(draft: ReplayDraft, flags: number | 'moved'): void {
  beInL1(draft);
  const frame = flags === 'moved' ? nextFrame(draft) : FRAMES.a;
  run(draft, make.store(EPT_LEAF, entry(frame, flags === 'moved' ? EPT_ALL : flags)));
  draft.eptFrames.a = frame;
  if (draft.machine.l1?.sharesEpt === true) draft.eptFrames.b = frame;
}

function nextFrame({ unused }: ReplayDraft): number {
  const frame = unused.shift();
  if (frame === undefined) throw new Unreadable('more edits than there are spare frames');
  return frame;
}

/** VMXOFF and VMXON on this vCPU, with the VMCS that it had. */
export function restartVmx(draft: ReplayDraft): void {
  beInL1(draft);
  run(draft, make.command('vmxoff'), { kind: 'ok' });
  for (const command of startVmx(draft.vcpu)) run(draft, command, { kind: 'ok' });
}
