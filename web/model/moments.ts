import type { z } from 'zod';
import type { Why } from '../../src/lab/index.js';
import type { AllowedState, LookupState, WalkState } from '../../src/mmu/schema/index.js';
import type {
  CommandFrame,
  EventFrame,
  ShadowPageList,
  WireShadowPage,
  WireSpte,
  WireTlb,
  WireVcpu,
} from '../api/wire.js';

export type WireWhy = z.input<typeof Why>;
export type WireWalk = z.input<typeof WalkState>;
export type WireAllowed = z.input<typeof AllowedState>;
export type WireLookup = z.input<typeof LookupState>;

/** A moment of a history: the command that `seq` belongs to, and one vCPU on both sides of it. */
export interface Moment {
  readonly seq: number;
  /** The newest `seq`, and the oldest whose moment can be asked for. */
  readonly head: number;
  readonly oldest: number;
  /** vCPUs of the VM. */
  readonly vcpus: number;
  /** `seq` of the command before; 0 if there is none. */
  readonly previous: number;
  /** Null at the beginning, before the first command. */
  readonly command: CommandFrame | null;
  readonly events: readonly EventFrame[];
  /** The same vCPU before the command and behind it. */
  readonly before: WireVcpu;
  readonly after: WireVcpu;
}

/** Any moment of a history, with all that can be read there. The state is that behind the command. */
export interface Moments {
  /** @param vcpu The vCPU to show; null for that of the command. */
  moment(seq: number, vcpu: number | null): Promise<Moment>;
  walk(seq: number, vcpu: number, gva: string): Promise<WireWalk>;
  tlb(seq: number, vcpu: number): Promise<WireTlb>;
  /** The translations that are allowed for an address; null where no oracle judges. */
  allowed(seq: number, vcpu: number, gva: string): Promise<WireAllowed | null>;
  explain(seq: number, vcpu: number, pgd: string): Promise<WireLookup>;
  /** Shadow pages below a root. */
  shadowPages(seq: number, root: string): Promise<ShadowPageList>;
  /** A shadow page with its entries; null if there is none at the address. */
  shadowPage(seq: number, hpa: string): Promise<ShadowPageDump | null>;
  /** Why the record came about, and what other policies would have done. */
  why(seq: number): Promise<WireWhy>;
}

export interface ShadowPageDump {
  readonly page: WireShadowPage;
  readonly entries: readonly WireSpte[];
}
