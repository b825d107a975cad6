import { VECTORS } from '../../mmu/index.js';
import type { Command, Outcome } from '../../mmu/schema/index.js';

/**
 * The recorded guest's own program. It is not part of any operation, but it runs in between: its
 * code is fetched, and an exception goes through its tables to its stack. What it touches lies in
 * one place in every recording, mapped one to one.
 */
const CODE_PAGE = 0x10;
const IDT_PAGE = 0x1f;
const GDT_PAGE = 0x1e;
const CODE_SEGMENT = 8;
const STACK_PAGE = 0x1b;
const GATE_BYTES = 16;

/** L1, or L2, goes on to its next instruction. */
export function fetchCode(): Command {
  return { kind: 'execute', vcpu: 0, gva: { page: CODE_PAGE, low: 0 }, user: false };
}

/** The processor delivers an exception: gate, code segment, stack, handler. */
export function deliver({ vector }: Outcome & { kind: 'fault' }): Command[] {
  const gate = VECTORS[vector] * GATE_BYTES;
  return [
    read(IDT_PAGE, gate),
    read(GDT_PAGE, CODE_SEGMENT),
    { ...read(STACK_PAGE, 0), kind: 'write', value: { page: 0, low: 0 } },
    fetchCode(),
  ];
}

function read(page: number, low: number) {
  const access = { vcpu: 0, gva: { page, low }, bytes: 8, user: false, ac: false } as const;
  return { kind: 'read', ...access } as const;
}
