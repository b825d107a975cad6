import type { MmuEvent } from '../../../src/mmu/schema/index.js';

/** One outcome that a case allows. A list that is null leaves its part open: any value will do. */
export type Wanted =
  | { readonly kind: 'ok' | 'shutdown' }
  | {
      readonly kind: 'fault';
      readonly vectors: readonly string[] | null;
      readonly errorCodes: readonly bigint[] | null;
    }
  | { readonly kind: 'vm-fail'; readonly errors: readonly bigint[] | 'invalid' | null }
  | {
      readonly kind: 'vm-exit';
      readonly reasons: readonly bigint[] | null;
      readonly basics: readonly bigint[] | null;
      readonly qualifications: readonly bigint[] | null;
    }
  | { readonly kind: 'error'; readonly errnos: readonly string[] | null };

export type FlushScope = Extract<MmuEvent, { kind: 'tlb-flushed' }>['scope'];

/** A demand on what an attempt did. */
export type Check =
  /** Any of the outcomes. @param said The case's own words. */
  | { readonly kind: 'outcome'; readonly wanted: readonly Wanted[]; readonly said: string }
  /** Of the six flags with which a VMX instruction says how it ended, these are set. */
  | { readonly kind: 'flags'; readonly set: readonly string[] }
  /** The VM-instruction error field of the current VMCS. */
  | { readonly kind: 'error-field'; readonly value: number }
  | {
      readonly kind: 'register';
      readonly register: 'cr0' | 'cr3' | 'cr4' | 'efer' | 'pcid' | 'LMA';
      readonly value: bigint;
    }
  /** The vCPU is as it was before. */
  | { readonly kind: 'unchanged' }
  /** Any of the scopes was flushed. */
  | { readonly kind: 'flush'; readonly scopes: readonly FlushScope[]; readonly said: string }
  /** Address of an EPT exit; null: anywhere in the page of the watched entry. */
  | { readonly kind: 'gpa'; readonly gpa: bigint | null }
  /** The watched entry is as before, but for these bits. */
  | { readonly kind: 'entry'; readonly set: bigint; readonly clear: bigint }
  | { readonly kind: 'entry-has'; readonly bit: 'A' | 'D' }
  /** Eight bytes of guest memory hold this afterwards. */
  | { readonly kind: 'word'; readonly place: bigint; readonly value: bigint }
  /** The log of dirty pages that was asked for names a page, or does not. @param page Its number. */
  | { readonly kind: 'dirty'; readonly page: number; readonly isDirty: boolean };
