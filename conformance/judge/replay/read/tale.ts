import type { CommandInput, VmConfigInput } from '../../../../src/mmu/schema/index.js';
import { Unreadable } from '../../reading.js';
import type { Answer, ReplayStep } from '../replay-case.js';
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

/** What a case asks about: an access, or an instruction that may fail. */
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
export interface Tale {
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
  /** Frames that the next edits lead to. */
  readonly unused: number[];
}

export function begin(machine: ReplayMachine): Tale {
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
    unused: [SPARE, SPARE + 2, SPARE + 3],
  };
}

export function run(tale: Tale, command: CommandInput, answer?: Answer): void {
  const given = tale.vcpu === 0 ? command : make.onVcpu(tale.vcpu, command);
  tale.steps.push(answer === undefined ? { command: given } : { command: given, answer });
}

/** An instruction about whose end the case has something to say. */
export function instruct(tale: Tale, command: CommandInput): void {
  tale.questions.push({ at: tale.steps.length, kind: 'instruction', frame: null });
  run(tale, command);
}

/** @param gva One of the pages of data, or an address of which no frame is known. */
export function touch(
  tale: Tale,
  kind: 'read' | 'write' | 'execute',
  { gva = X, user = false, frame }: { gva?: number; user?: boolean; frame?: number } = {},
): void {
  const found = frame ?? (gva === X ? frameOfX(tale) : null);
  tale.questions.push({ at: tale.steps.length, kind, frame: found });
  run(tale, make.access(kind, gva, user));
}

/** The frame of X by the tables as they are now. */
function frameOfX({ machine, eptp, frames, eptFrames, ...tale }: Tale): number {
  const { isInL2, space } = runnerOf(tale);
  const frame = frames[space];
  const isMapped = isInL2 && machine.paging === 'ept' && frame === FRAMES.a;
  return isMapped ? eptFrames[eptp] : frame;
}

export function runnerOf({ runners, vcpu }: Pick<Tale, 'runners' | 'vcpu'>): Runner {
  return runners[vcpu];
}

/** L2 runs, if there is one. */
export function beInL2(tale: Tale): void {
  const runner = runnerOf(tale);
  if (tale.machine.l1 === null || runner.isInL2) return;
  run(tale, make.command(runner.isLaunched ? 'vmresume' : 'vmlaunch'), { kind: 'ok' });
  runner.isInL2 = true;
  runner.isLaunched = true;
}

/**
 * L1 runs. It enters L2 again with the CR3 that L2 left with, as a hypervisor that intercepts the
 * loads of CR3 does: without EPT the processor does not note it.
 *
 * @param synthesized KVM makes the exit itself, with no instruction of L2 behind it.
 */
export function beInL1(tale: Tale, synthesized = false): void {
  const runner = runnerOf(tale);
  if (!runner.isInL2) return;
  run(tale, { kind: 'vmexit', vcpu: 0, ...(synthesized ? { synthesized } : {}) });
  runner.isInL2 = false;
  if (runner.loadedCr3 !== null) run(tale, make.vmwrite('GUEST_CR3', runner.loadedCr3));
  runner.loadedCr3 = null;
}

/** L2 goes on with an EPTP. */
export function runWith(tale: Tale, name: Space): void {
  const { l1 } = tale.machine;
  if (l1 === null) throw new Unreadable('an EPTP without a hypervisor');
  beInL1(tale);
  run(tale, make.vmwrite('EPT_POINTER', eptpOf(l1, name)));
  tale.eptp = name;
  beInL2(tale);
}

/** A load of CR3 by whoever runs. */
export function loadCr3(
  tale: Tale,
  space: Space,
  { pcid, keeps }: { pcid: number; keeps: boolean },
): void {
  const runner = runnerOf(tale);
  runner.space = space;
  if (runner.isInL2) runner.loadedCr3 = ROOTS[space] + pcid;
  run(tale, make.movCr3(ROOTS[space] + pcid, keeps));
}

/** The space of a PCID that is named without one: the first PCID has the first space. */
export function spaceOf({ pcids }: Tale, pcid: number): Space {
  if (!pcids.includes(pcid)) pcids.push(pcid);
  const at = pcids.indexOf(pcid);
  if (at > 1) throw new Unreadable(`PCID ${pcid} beside ${pcids.join(', ')}`);
  return at === 0 ? 'a' : 'b';
}

/** The entry that maps X in a space leads to another frame. */
export function editPte(tale: Tale, space: Space): void {
  const frame = nextFrame(tale);
  run(tale, make.store(pteOf(space), entry(frame, OPEN)));
  tale.frames[space] = frame;
}

/** The entry of the first EPT for the frame of X leads to another frame, or has other flags. */
export function editEpt(tale: Tale, flags: number | 'moved'): void {
  beInL1(tale);
  const frame = flags === 'moved' ? nextFrame(tale) : FRAMES.a;
  run(tale, make.store(EPT_LEAF, entry(frame, flags === 'moved' ? EPT_ALL : flags)));
  tale.eptFrames.a = frame;
  if (tale.machine.l1?.sharesEpt === true) tale.eptFrames.b = frame;
}

function nextFrame({ unused }: Tale): number {
  const frame = unused.shift();
  if (frame === undefined) throw new Unreadable('more edits than there are spare frames');
  return frame;
}

/** VMXOFF and VMXON on this vCPU, with the VMCS that it had. */
export function restartVmx(tale: Tale): void {
  beInL1(tale);
  run(tale, make.command('vmxoff'), { kind: 'ok' });
  for (const command of startVmx(tale.vcpu)) run(tale, command, { kind: 'ok' });
}
