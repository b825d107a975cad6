import { Unreadable } from '../../reading.js';
import * as make from './commands.js';
import { ROOTS, type Space } from './layout.js';
import { cr0Of, cr4Of } from './machine.js';
import { eptpNamed, type Rule, spaceNamed } from './rule.js';
import {
  beInL1,
  beInL2,
  editPte,
  instruct,
  loadCr3,
  restartVmx,
  run,
  runnerOf,
  runWith,
  spaceOf,
  type Tale,
  touch,
} from './tale.js';

const PGE = 0x80;
const PCIDE = 0x20000;
const VMFUNC_TO_B = { kind: 'vmfunc', vcpu: 0, function: 0, index: 1 } as const;

/** VM entries and exits, and what becomes of a vCPU in VMX operation. */
export const TRANSITION_RULES: readonly Rule[] = [
  [/^(?:VM exit|exit to L1)$/, (tale) => beInL1(tale)],
  [/^(?:VM entry|entry|resumes L2(?: with the same VPID)?)$/, (tale) => beInL2(tale)],
  [/^an exit to L1 is synthesised(?: before .*)?$/, (tale) => beInL1(tale, true)],
  [/^run L2 with (?:EPTP )?([ab])$/, (tale, [, name]) => runWith(tale, eptpNamed(name))],
  [
    /^runs under ([ab])$/,
    (tale, [, name]) => {
      runWith(tale, eptpNamed(name));
      touch(tale, 'write');
    },
  ],
  [
    /^(?:VMFUNC or VMWRITE switch to|resumes with) EPTP ([ab])$/,
    (tale, [, name]) => runWith(tale, eptpNamed(name)),
  ],
  [
    /^run L2 with ([ab]) and then ([ab]), both cache x$/,
    (tale, [, ...names]) => {
      for (const name of names) {
        runWith(tale, eptpNamed(name));
        touch(tale, 'read');
      }
    },
  ],
  [
    /^VMFUNC\(0,b\)$/,
    (tale) => {
      run(tale, VMFUNC_TO_B, { kind: 'ok' });
      tale.eptp = 'b';
    },
  ],
  [
    /^active, flush request queued for L2$/,
    (tale) => {
      touch(tale, 'read');
      editPte(tale, 'a');
      togglePge(tale);
    },
  ],
  [/^sets VPID=(\d+)$/, (tale, [, vpid]) => setVpid(tale, vpid)],
  [
    /^VMLAUNCH with VPID field (\d+)$/,
    (tale, [, vpid]) => {
      setVpid(tale, vpid);
      instruct(tale, make.command('vmlaunch'));
    },
  ],
  [/^VMXON$/, restartVmx],
  [
    /^VMXON gets \d+$/,
    (tale) => {
      beInL2(tale);
      restartVmx(tale);
    },
  ],
  [
    /^VMXOFF$/,
    (tale) => {
      beInL1(tale);
      run(tale, make.command('vmxoff'), { kind: 'ok' });
    },
  ],
  [/^runs L2 VPID (\d+)$/, (tale, [, vpid]) => beInL2With(tale, vpid)],
];

const FLUSHES = '(?: (flush|no-flush|with bit 63(?: set)?|with no-flush bit))?';

/** Loads of control registers, and INIT. */
export const REGISTER_RULES: readonly Rule[] = [
  [
    new RegExp(`^(?:MOV CR3 |CR3=)(A|B|c1|c2)(?:\\|(\\d+)| pcid (\\d+))?${FLUSHES}$`),
    (tale, [, name = '', behind, named, how]) => {
      const said = behind ?? named;
      const pcid = said === undefined ? pcidOf(tale, name) : Number(said);
      loadCr3(tale, spaceNamed(name), { pcid, keeps: keepsIn(how) });
    },
  ],
  [
    new RegExp(`^MOV CR3 PCID (\\d+)${FLUSHES}$`),
    (tale, [, pcid, how]) => loadCr3Of(tale, Number(pcid), keepsIn(how)),
  ],
  [/^runs with (?:CR3 )?(A|c1)(?: pcid (\d+))?$/, (tale) => touch(tale, 'read')],
  [
    /^then (?:MOV CR3 )?(B|c2)(?: pcid (\d+))?$/,
    (tale, [, name = '', pcid]) => {
      const value = pcid === undefined ? pcidOf(tale, name) : Number(pcid);
      loadCr3(tale, spaceNamed(name), { pcid: value, keeps: true });
      touch(tale, 'read');
    },
  ],
  [
    /^(A|B) cached as previous root$/,
    (tale, [, name]) => {
      const { space } = runnerOf(tale);
      loadCr3(tale, spaceNamed(name), { pcid: 0, keeps: false });
      touch(tale, 'read', { user: true });
      loadCr3(tale, space, { pcid: 0, keeps: false });
    },
  ],
  [
    /^MOV CR3 (0x[0-9a-f]+)$/,
    (tale, [, value = '']) => {
      // The only value that a case of PAE paging loads is the one that CR3 has.
      if (tale.machine.mode === 'PAE') run(tale, make.movCr3(ROOTS.a));
      else instruct(tale, { kind: 'mov-cr3', vcpu: 0, value });
    },
  ],
  [/^read CR3$/, (tale) => instruct(tale, { kind: 'mov-from-cr3', vcpu: 0 })],
  [
    /^CR4\.PCIDE 0->1(?: with CR3\[11:0\]=0)?$/,
    (tale) => {
      tale.pcide = true;
      run(tale, make.movCr4(cr4Now(tale)), { kind: 'ok' });
    },
  ],
  [/^toggles? CR4\.PGE$/, togglePge],
  [/^sets WP=([01])$/, (tale, [, on]) => run(tale, make.movCr0(cr0Of(on === '1')))],
  [/^INIT$/, (tale) => run(tale, make.command('init'))],
  [/^enables paging with other tables$/, enablePaging],
];

function keepsIn(how: string | undefined): boolean {
  return how !== undefined && how !== 'flush';
}

/** The PCID of a space that is named without one: 0, or its place where it stands for a PCID. */
function pcidOf({ pcide }: Tale, name: string): number {
  if (!pcide || name === 'A' || name === 'B') return 0;
  return name === 'c1' ? 1 : 2;
}

/** A space by its PCID alone. */
export function loadCr3Of(tale: Tale, pcid: number, keeps: boolean): void {
  const space: Space = spaceOf(tale, pcid);
  loadCr3(tale, space, { pcid, keeps });
}

function cr4Now({ machine, pcide }: Tale): number {
  return cr4Of(machine) + (pcide ? PCIDE : 0);
}

/** One change of the bit is enough: each flushes. */
function togglePge(tale: Tale): void {
  const cr4 = cr4Now(tale);
  run(tale, make.movCr4((cr4 & PGE) === 0 ? cr4 + PGE : cr4 - PGE), { kind: 'ok' });
}

/** From real mode to 64-bit mode, with the tables of the second space. */
function enablePaging(tale: Tale): void {
  run(tale, make.movCr4(cr4Of(tale.machine)));
  run(tale, make.wrmsrEfer(0x900));
  loadCr3(tale, 'b', { pcid: 0, keeps: false });
  run(tale, make.movCr0(cr0Of(true)), { kind: 'ok' });
}

function setVpid(tale: Tale, vpid: string | undefined): void {
  beInL1(tale);
  run(tale, make.vmwrite('VIRTUAL_PROCESSOR_ID', Number(vpid)));
}

function beInL2With(tale: Tale, vpid: string | undefined): void {
  if (tale.machine.l1 === null) throw new Unreadable('L2 without a hypervisor');
  setVpid(tale, vpid);
  beInL2(tale);
}
