import { Unreadable } from '../../attempt/unreadable.js';
import * as make from './commands.js';
import {
  beInL1,
  beInL2,
  editPte,
  instruct,
  loadCr3,
  type ReplayDraft,
  restartVmx,
  run,
  runnerOf,
  runWith,
  spaceOf,
  touch,
} from './draft.js';
import { ROOTS, type Space } from './layout.js';
import { cr0Of, cr4Of } from './machine.js';
import { eptpNamed, type Rule, spaceNamed } from './rule.js';

const PGE = 0x80;
const PCIDE = 0x20000;
const VMFUNC_TO_B = { kind: 'vmfunc', vcpu: 0, function: 0, index: 1 } as const;

/** VM entries and exits, and what becomes of a vCPU in VMX operation. */
export const TRANSITION_RULES: readonly Rule[] = [
  [/^(?:VM exit|exit to L1)$/, (draft) => beInL1(draft)],
  [/^(?:VM entry|entry|resumes L2(?: with the same VPID)?)$/, (draft) => beInL2(draft)],
  [/^an exit to L1 is synthesised(?: before .*)?$/, (draft) => beInL1(draft, true)],
  [/^run L2 with (?:EPTP )?([ab])$/, (draft, [, name]) => runWith(draft, eptpNamed(name))],
  [
    /^runs under ([ab])$/,
    (draft, [, name]) => {
      runWith(draft, eptpNamed(name));
      touch(draft, 'write');
    },
  ],
  [
    /^(?:VMFUNC or VMWRITE switch to|resumes with) EPTP ([ab])$/,
    (draft, [, name]) => runWith(draft, eptpNamed(name)),
  ],
  [
    /^run L2 with ([ab]) and then ([ab]), both cache x$/,
    (draft, [, ...names]) => {
      for (const name of names) {
        runWith(draft, eptpNamed(name));
        touch(draft, 'read');
      }
    },
  ],
  [
    /^VMFUNC\(0,b\)$/,
    (draft) => {
      run(draft, VMFUNC_TO_B, { kind: 'ok' });
      draft.eptp = 'b';
    },
  ],
  [
    /^active, flush request queued for L2$/,
    (draft) => {
      touch(draft, 'read');
      editPte(draft, 'a');
      togglePge(draft);
    },
  ],
  [/^sets VPID=(\d+)$/, (draft, [, vpid]) => setVpid(draft, vpid)],
  [
    /^VMLAUNCH with VPID field (\d+)$/,
    (draft, [, vpid]) => {
      setVpid(draft, vpid);
      instruct(draft, make.command('vmlaunch'));
    },
  ],
  [/^VMXON$/, restartVmx],
  [
    /^VMXON gets \d+$/,
    (draft) => {
      beInL2(draft);
      restartVmx(draft);
    },
  ],
  [
    /^VMXOFF$/,
    (draft) => {
      beInL1(draft);
      run(draft, make.command('vmxoff'), { kind: 'ok' });
    },
  ],
  [/^runs L2 VPID (\d+)$/, (draft, [, vpid]) => beInL2With(draft, vpid)],
];

const FLUSHES = '(?: (flush|no-flush|with bit 63(?: set)?|with no-flush bit))?';

/** Loads of control registers, and INIT. */
export const REGISTER_RULES: readonly Rule[] = [
  [
    new RegExp(`^(?:MOV CR3 |CR3=)(A|B|c1|c2)(?:\\|(\\d+)| pcid (\\d+))?${FLUSHES}$`),
    (draft, [, name = '', behind, named, how]) => {
      const said = behind ?? named;
      const pcid = said === undefined ? pcidOf(draft, name) : Number(said);
      loadCr3(draft, spaceNamed(name), { pcid, keeps: keepsIn(how) });
    },
  ],
  [
    new RegExp(`^MOV CR3 PCID (\\d+)${FLUSHES}$`),
    (draft, [, pcid, how]) => loadCr3Of(draft, Number(pcid), keepsIn(how)),
  ],
  [/^runs with (?:CR3 )?(A|c1)(?: pcid (\d+))?$/, (draft) => touch(draft, 'read')],
  [
    /^then (?:MOV CR3 )?(B|c2)(?: pcid (\d+))?$/,
    (draft, [, name = '', pcid]) => {
      const value = pcid === undefined ? pcidOf(draft, name) : Number(pcid);
      loadCr3(draft, spaceNamed(name), { pcid: value, keeps: true });
      touch(draft, 'read');
    },
  ],
  [
    /^(A|B) cached as previous root$/,
    (draft, [, name]) => {
      const { space } = runnerOf(draft);
      loadCr3(draft, spaceNamed(name), { pcid: 0, keeps: false });
      touch(draft, 'read', { user: true });
      loadCr3(draft, space, { pcid: 0, keeps: false });
    },
  ],
  [
    /^MOV CR3 (0x[0-9a-f]+)$/,
    (draft, [, value = '']) => {
      // The only value that a case of PAE paging loads is the one that CR3 has.
      if (draft.machine.mode === 'PAE') run(draft, make.movCr3(ROOTS.a));
      else instruct(draft, { kind: 'mov-cr3', vcpu: 0, value });
    },
  ],
  [/^read CR3$/, (draft) => instruct(draft, { kind: 'mov-from-cr3', vcpu: 0 })],
  [
    /^CR4\.PCIDE 0->1(?: with CR3\[11:0\]=0)?$/,
    (draft) => {
      draft.pcide = true;
      run(draft, make.movCr4(cr4Now(draft)), { kind: 'ok' });
    },
  ],
  [/^toggles? CR4\.PGE$/, togglePge],
  [/^sets WP=([01])$/, (draft, [, on]) => run(draft, make.movCr0(cr0Of(on === '1')))],
  [/^INIT$/, (draft) => run(draft, make.command('init'))],
  [/^enables paging with other tables$/, enablePaging],
];

function keepsIn(how: string | undefined): boolean {
  return how !== undefined && how !== 'flush';
}

/** The PCID of a space that is named without one: 0, or its place where it stands for a PCID. */
function pcidOf({ pcide }: ReplayDraft, name: string): number {
  if (!pcide || name === 'A' || name === 'B') return 0;
  return name === 'c1' ? 1 : 2;
}

/** A space by its PCID alone. */
export function loadCr3Of(draft: ReplayDraft, pcid: number, keeps: boolean): void {
  const space: Space = spaceOf(draft, pcid);
  loadCr3(draft, space, { pcid, keeps });
}

function cr4Now({ machine, pcide }: ReplayDraft): number {
  return cr4Of(machine) + (pcide ? PCIDE : 0);
}

/** Changes the bit once, which is enough to flush. */
function togglePge(draft: ReplayDraft): void {
  const cr4 = cr4Now(draft);
  run(draft, make.movCr4((cr4 & PGE) === 0 ? cr4 + PGE : cr4 - PGE), { kind: 'ok' });
}

/** From real mode to 64-bit mode, with the tables of the second space. */
function enablePaging(draft: ReplayDraft): void {
  run(draft, make.movCr4(cr4Of(draft.machine)));
  run(draft, make.wrmsrEfer(0x900));
  loadCr3(draft, 'b', { pcid: 0, keeps: false });
  run(draft, make.movCr0(cr0Of(true)), { kind: 'ok' });
}

function setVpid(draft: ReplayDraft, vpid: string | undefined): void {
  beInL1(draft);
  run(draft, make.vmwrite('VIRTUAL_PROCESSOR_ID', Number(vpid)));
}

function beInL2With(draft: ReplayDraft, vpid: string | undefined): void {
  if (draft.machine.l1 === null) throw new Unreadable('L2 without a hypervisor');
  setVpid(draft, vpid);
  beInL2(draft);
}
