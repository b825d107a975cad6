import { accessCommand } from '../../attempt/access.js';
import type { ObservedAttempt } from '../../attempt/attempt.js';
import type { Check } from '../../attempt/check.js';
import { PAGE_GPA } from '../../attempt/guest-tables.js';
import type { MachineSpec } from '../../attempt/machine-spec.js';
import { commandStep } from '../../attempt/machine-step.js';
import { OPEN_ENTRY, PAGE_BITS } from '../../attempt/page-bits.js';
import { layPath } from '../../attempt/path.js';
import { bitMask } from '../../attempt/register-bits.js';
import { Unreadable } from '../../attempt/unreadable.js';
import type { ArchitectureCase } from '../../case.js';
import { checksOf } from '../expectation.js';
import { observedStep } from '../observed.js';
import { flagOf, refuseOthers, textOf, wordOf } from '../reading.js';
import { specOf } from '../setup.js';
import { kindsOf } from './kinds.js';
import { mapL1 } from './l2-access.js';

const SVM_EXIT_NPF = 0x400n;
const EFER_SVME = 1n << 12n;

/** L2's page tables, at the same addresses in L1's memory. */
const L2_TABLES = [0x30000n, 0x31000n, 0x32000n, 0x33000n] as const;

/** Nested page tables: those on the way to L2's own tables, and those of the page alone. */
const NPT_TABLES = 0x100000n;
const NPT_TABLES_OF_PAGE = 0x110000n;
const NPT_ROOT = NPT_TABLES + 0x4000n;

/** The page that L2 accesses: it has the two upper levels in common with L2's own tables. */
const GVA = 0x400000000000n;
const PAGE = 0x600000n;

const USED = OPEN_ENTRY | PAGE_BITS.A | PAGE_BITS.D;
const LEVELS: Readonly<Record<string, number>> = { PTE: 1, PDE: 2, PDPE: 3, PML4E: 4 };

const KEYS = [
  'gmet',
  'npt_pte',
  'entry',
  'host_efer_nx',
  'host_cr4_smep',
  'reserved',
  'guest_nx/smep',
];

/** An entry of the nested page tables that is not as the others are. */
interface Oddity {
  readonly label: string;
  readonly level: number;
  readonly flags: bigint;
}

/**
 * One access of L2 on nested page tables of AMD's, which have the format of L1's own paging.
 *
 * @throws {Unreadable} If the case says something without a rule.
 */
export function* readNptAccess(item: ArchitectureCase): Iterable<ObservedAttempt> {
  if (item.op !== 'L2_ACCESS') throw new Unreadable(`op ${item.op}`);
  refuseOthers(item.setup, KEYS, 'setup');
  refuseOthers(item.args, ['kind', 'gpa'], 'argument');
  const gpa = item.args.gpa === undefined ? PAGE : wordOf(item.args.gpa);
  const checks = npfChecksOf(item.expect);
  for (const kind of kindsOf(item.args.kind)) {
    for (const oddity of odditiesIn(item.setup)) {
      for (const guest of guestsIn(item.setup['guest_nx/smep'])) {
        const spec = specOf({ ...item, setup: {} }, false);
        hostOf(spec, item.setup);
        spec.regs.efer |= guest.nx ? bitMask('efer', 'NXE') : 0n;
        spec.regs.cr4 |= guest.smep ? bitMask('cr4', 'SMEP') : 0n;
        layTables(spec, gpa & ~0xfffn, oddity);
        const access = { kind, gva: GVA | (gpa & 0xfffn), user: false, ac: false };
        const steps = [commandStep(accessCommand(access))];
        const label = [kind, oddity.label, guest.label].filter((part) => part !== '').join(', ');
        const observed = [observedStep({ label, steps, entry: null }, checks)];
        yield { kind: 'observed', spec, preparation: [], observed };
      }
    }
  }
}

/** `NPF 0x400` with EXITINFO1, of which a comment may leave the U bit open; or anything else. */
function npfChecksOf(expect: ArchitectureCase['expect']): readonly Check[] {
  const { reason, exitinfo1, ...rest } = expect;
  if (reason === undefined && exitinfo1 === undefined) return checksOf(expect);
  refuseOthers(rest, ['outcome', 'note'], 'expectation');
  if (reason !== 'NPF 0x400' || rest.outcome !== 'vmexit')
    throw new Unreadable(`reason "${reason}"`);
  const said = textOf(exitinfo1);
  const info1 = wordOf(said);
  const varies = said.endsWith('(U bit may vary)');
  const qualifications = varies ? [info1, info1 ^ PAGE_BITS.U] : [info1];
  const exit = { kind: 'vm-exit', reasons: [SVM_EXIT_NPF], basics: null, qualifications } as const;
  return [{ kind: 'outcome', wanted: [exit], said: `vmexit NPF, exitinfo1 ${said}` }];
}

function odditiesIn(setup: ArchitectureCase['setup']): readonly Oddity[] {
  if (setup.entry === undefined) return [pteIn(textOf(setup.npt_pte))];
  const name = textOf(setup.entry);
  const level = LEVELS[name];
  if (level === undefined) throw new Unreadable(`entry "${name}"`);
  return reservedBitsOf(textOf(setup.reserved), level, flagOf(setup.host_efer_nx ?? 0));
}

function pteIn(text: string): Oddity {
  switch (text) {
    case 'P=0':
      return { label: '', level: 1, flags: 0n };
    case 'W=0':
    case 'W=0 on L1 APIC page':
      return { label: '', level: 1, flags: USED & ~PAGE_BITS.W };
    case 'APIC page mapped':
    case 'U=1 supervisor fetch':
      return { label: '', level: 1, flags: USED };
    case 'U=0, NX=1':
      return { label: '', level: 1, flags: (USED & ~PAGE_BITS.U) | PAGE_BITS.XD };
    case 'U=0':
      return { label: '', level: 1, flags: USED & ~PAGE_BITS.U };
    default:
      throw new Unreadable(`npt_pte "${text}"`);
  }
}

/** Bits that are reserved in an entry of each level while XD is not, in the words of the cases. */
const OTHERWISE_RESERVED: Readonly<Record<string, { level: number; flags: readonly bigint[] }>> = {
  'bits MAXPHYADDR..51': { level: 1, flags: [1n << 46n, 1n << 51n] },
  'bits 13..20 with PS': {
    level: 2,
    flags: [PAGE_BITS.PS | (1n << 13n), PAGE_BITS.PS | (1n << 20n)],
  },
  'PS (no 1G) or bits 13..29 with PS': {
    level: 3,
    flags: [PAGE_BITS.PS | (1n << 13n), PAGE_BITS.PS | (1n << 29n)],
  },
  'bit 8': { level: 4, flags: [1n << 8n] },
};

function reservedBitsOf(text: string, level: number, hasNx: boolean): readonly Oddity[] {
  const [, otherwise = ''] = /^XD \(bit 63\) when host NX=0, else (.+)$/.exec(text) ?? [];
  const told = OTHERWISE_RESERVED[otherwise];
  if (told === undefined || told.level !== level) throw new Unreadable(`reserved "${text}"`);
  const bits = hasNx ? told.flags : [PAGE_BITS.XD];
  return bits.map((bit) => ({ label: `with 0x${bit.toString(16)}`, level, flags: USED | bit }));
}

interface Guest {
  readonly label: string;
  readonly nx: boolean;
  readonly smep: boolean;
}

/** EFER.NX and CR4.SMEP of L2: without a word about them it has neither. */
function guestsIn(value: unknown): readonly Guest[] {
  if (value === undefined) return [{ label: '', nx: false, smep: false }];
  if (value !== 'any of 4 combinations, no effect')
    throw new Unreadable(`guest_nx/smep "${value}"`);
  return [0, 1, 2, 3].map((bits) => ({
    label: `L2 with ${bits}`,
    nx: (bits & 1) !== 0,
    smep: (bits & 2) !== 0,
  }));
}

/** L1, by whose registers the entries are read. */
function hostOf(spec: MachineSpec, setup: ArchitectureCase['setup']): void {
  spec.svm = { nestedCr3: NPT_ROOT, gmet: flagOf(setup.gmet ?? 0) };
  spec.regs.cr3 = L2_TABLES[0];
  for (const { regs } of [{ regs: spec.regs }, { regs: spec.l1 }]) regs.efer |= EFER_SVME;
  if (flagOf(setup.host_efer_nx ?? 1)) spec.l1.efer |= bitMask('efer', 'NXE');
  if (flagOf(setup.host_cr4_smep ?? 0)) spec.l1.cr4 |= bitMask('cr4', 'SMEP');
}

function layTables(spec: MachineSpec, page: bigint, { level: odd, flags }: Oddity): void {
  const { memory } = spec;
  mapL1(spec);
  layPath(memory, {
    root: L2_TABLES[0],
    levels: 4,
    leafLevel: 1,
    address: GVA,
    page,
    tableAt: (level) => L2_TABLES[4 - level] as bigint,
    flagsAt: () => USED & ~PAGE_BITS.U,
  });
  const common = { root: NPT_ROOT, levels: 4, leafLevel: 1 };
  for (const table of L2_TABLES) {
    const tableAt = (level: number) => NPT_TABLES + BigInt(level) * 0x1000n;
    layPath(memory, { ...common, address: table, page: table, tableAt, flagsAt: () => USED });
  }
  // Whatever lies where L2's own tables lie is reached by the same entries, down to where they part.
  layPath(memory, {
    ...common,
    address: page,
    page: page === PAGE ? PAGE_GPA : page,
    tableAt: (level) => {
      const isCommon = page >> BigInt(12 + 9 * level) === 0n;
      return (isCommon ? NPT_TABLES : NPT_TABLES_OF_PAGE) + BigInt(level) * 0x1000n;
    },
    flagsAt: (level) => (level === odd ? flags : USED),
  });
}
