import { Unreadable } from '../../attempt/unreadable.js';
import type { ArchitectureCase } from '../../case.js';
import { flagOf } from '../reading.js';
import type { Hypervisor, ReplayMachine } from './machine.js';

type Facts = ArchitectureCase['setup'];

/** A machine, and what tells it from the others of a case. */
export type LabelledMachine = ReplayMachine & { readonly label: string };

/** The machines that a case allows, while its setup is read. */
interface MachineDraft {
  pagings: readonly ('shadow' | 'ept')[];
  /** VPIDs of L2; 0 for an L2 without. */
  vpids: readonly number[];
  /** Null where it is not said: then it is set if a step keeps translations. */
  pcide: boolean | null;
  hasL1: boolean;
  sharesEpt: boolean;
  sharesPmd: boolean;
  mode: ReplayMachine['mode'];
  wp: boolean;
  smep: boolean;
  nxe: boolean;
  hostLevels: 4 | 5;
  readonly cpuid: { vmx?: boolean; la57?: boolean; hyperv?: boolean };
}

type Apply = (draft: MachineDraft, value: unknown, setup: Facts) => void;

const ON_EPT: Apply = (draft, value) => {
  if (value !== 'any') draft.pagings = [flagOf(value) ? 'ept' : 'shadow'];
};
const SHADOWED: Apply = (draft) => {
  draft.pagings = ['shadow'];
};

/** Facts that the steps say again, or that hold of this model's machines anyway. */
const SAID_BY_STEPS: Apply = () => {};

const RULES: Readonly<Record<string, Apply>> = {
  note: SAID_BY_STEPS,
  caps: expecting('default'),
  cr0_wp: (draft, value) => {
    if (value !== 'guest owned') draft.wp = flagOf(value);
  },
  cr0_pg: (draft, value) => {
    if (!flagOf(value)) draft.mode = 'none';
  },
  cr3: SAID_BY_STEPS,
  cr3_intercept: SAID_BY_STEPS,
  cr4_la57: expecting(0),
  context: expecting('VMX root'),
  ept: ON_EPT,
  ept12: (draft, value) => {
    if (!/^bit 7 set/.test(String(value))) flagOf(value);
    draft.pagings = ['ept'];
  },
  eptp_a: SAID_BY_STEPS,
  eptp_b: (draft, value, setup) => {
    draft.sharesEpt = frameIn(value) === frameIn(setup.eptp_a);
  },
  eptp_list: (draft, value) => {
    draft.sharesEpt = Array.isArray(value) && value.some((it) => /^b: A\/D=1$/.test(String(it)));
  },
  event: SAID_BY_STEPS,
  gpa: SAID_BY_STEPS,
  guest: (draft, value) => {
    if (!/PAE/.test(String(value))) throw new Unreadable(`setup guest "${value}"`);
    draft.mode = 'PAE';
  },
  invlpg: SAID_BY_STEPS,
  l2: SAID_BY_STEPS,
  la57_supported: (draft, value) => {
    draft.cpuid.la57 = flagOf(value);
  },
  last_vpid: SAID_BY_STEPS,
  mode: (draft, value) => {
    if (value !== 'PAE paging') throw new Unreadable(`setup mode "${value}"`);
    draft.mode = 'PAE';
  },
  nested: (draft, value) => {
    draft.cpuid.vmx = flagOf(value);
  },
  nxe: (draft, value) => {
    draft.nxe = flagOf(value);
  },
  pcide: (draft, value) => {
    draft.pcide = flagOf(value);
  },
  shadow: SHADOWED,
  shadow_root_level: (draft, value) => {
    draft.hostLevels = value === 5 ? 5 : 4;
    draft.cpuid.la57 = value === 5;
    draft.pagings = ['shadow'];
  },
  smep: (draft, value) => {
    draft.smep = flagOf(value);
  },
  tables: (draft, value) => {
    draft.sharesPmd = /^PUD1 W=1 and PUD2 W=0 point at the same PMD page/.test(String(value));
  },
  tdp: ON_EPT,
  vpid: (draft, value) => {
    draft.vpids = [flagOf(value) ? 1 : 0];
  },
  vpid_ctl: (draft, value) => {
    draft.vpids = [flagOf(value) ? 1 : 0];
  },
  vpid02: SAID_BY_STEPS,
  vpid12: (draft, value) => {
    draft.vpids = vpidsIn(value);
  },
  hypercall: (draft, value) => {
    if (value !== 'HvFlushVirtualAddressList') throw new Unreadable(`hypercall "${value}"`);
    draft.cpuid.hyperv = true;
  },
  pcpu: beyond('physical CPUs'),
  smm: beyond('address spaces of system-management mode'),
};

/**
 * The machines on which a case is replayed: one, or one for each way of running the guest and for
 * each VPID that the case leaves open.
 *
 * @throws {Unreadable} If the setup says something without a rule, or the model has no such machine.
 */
export function machinesOf(setup: Facts, steps: readonly string[]): readonly LabelledMachine[] {
  const text = steps.join('\n');
  const draft = machineDraftFor(text);
  for (const [key, value] of Object.entries(setup)) {
    const apply = Object.hasOwn(RULES, key) ? RULES[key] : undefined;
    if (apply === undefined) throw new Unreadable(`setup key ${key}`);
    apply(draft, value, setup);
  }
  const { hasL1, cpuid, mode, pagings, vpids, sharesEpt, ...rest } = draft;
  const isHypervisor = hasL1 && mode === '4-level' && cpuid.vmx !== false;
  return pagings.flatMap((paging) =>
    (isHypervisor ? vpids : [null]).map((vpid) => {
      const l1: Hypervisor | null =
        vpid === null
          ? null
          : {
              ...{ vpid, sharesEpt, vcpus: /\bvCPU B\b/.test(text) ? 2 : 1 },
              ownsPge: paging === 'ept' && /\bPGE\b/.test(text),
            };
      const label = vpid === null ? paging : `${paging}, VPID ${vpid}`;
      return { ...rest, label, paging, mode, cpuid, l1, pcide: draft.pcide ?? keeps(text) };
    }),
  );
}

function machineDraftFor(text: string): MachineDraft {
  return {
    pagings: /\b(?:EPT|EPTP|GPA|HPA|INVEPT)\b/.test(text) ? ['ept'] : ['shadow', 'ept'],
    vpids: [1],
    pcide: null,
    hasL1: /\b(?:L1|L2|INVEPT|INVVPID|VMLAUNCH|VMXON)\b/.test(text),
    sharesEpt: false,
    sharesPmd: false,
    mode: '4-level',
    wp: true,
    smep: false,
    nxe: true,
    hostLevels: 4,
    cpuid: {},
  };
}

/** Whether a step loads CR3 with bit 63, which takes PCIDE. */
function keeps(text: string): boolean {
  return /\b(?:no-flush|bit 63)\b/.test(text);
}

function vpidsIn(value: unknown): readonly number[] {
  if (typeof value === 'number') return [value];
  if (value === 'control off') return [0];
  if (value === 'control on or off') return [0, 1];
  const [, first] = /^changes (\d+) -> \d+$/.exec(String(value)) ?? [];
  if (first === undefined) throw new Unreadable(`setup vpid12 "${value}"`);
  return [Number(first)];
}

function frameIn(value: unknown): string | undefined {
  return /^0x[0-9a-f]+(?=\|)/.exec(String(value))?.[0];
}

function expecting(wanted: unknown): Apply {
  return (_draft, value) => {
    if (value !== wanted) throw new Unreadable(`setup "${String(value)}"`);
  };
}

function beyond(what: string): Apply {
  return () => {
    throw new Unreadable(what);
  };
}
