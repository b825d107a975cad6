import { hex, wordToHex } from '../../../mmu/index.js';
import type { CommandInput } from '../../../mmu/schema/index.js';
import type { Shrunk } from '../shrink.js';
import { soundEndOf } from '../sound.js';
import { titleOf } from './title.js';

/** Hex of a command, as C writes a 64-bit constant. */
function constant(value: unknown): string {
  const text = typeof value === 'number' ? hex(value) : String(value ?? '0x0');
  return `${text}ull`;
}

/**
 * A test for kvm-unit-tests: the commands as a guest executes them, and at the end a report of
 * whether the last one did what the architecture says. A guest cannot do what the host did, which is
 * left as a comment at its place; so are instructions of VMX, which need a setup of their own.
 */
export function kvmUnitTest(found: Shrunk): string {
  const { config, commands, failure } = found;
  const lines = [
    ...memoryLines(config.memory?.words ?? []),
    ...commands.slice(0, -1).flatMap(linesOf),
    ...lastLines(found),
  ];
  return `/*
 * ${inComment(titleOf(failure))}
 *
 * Made of a list of commands. Addresses are those of the list: give them memory
 * that the test owns before it is run on a host.
 */
#include "libcflat.h"
#include "desc.h"
#include "processor.h"
#include "vm.h"
#include "vmalloc.h"

static inline void store(u64 gpa, u64 value)
{
	*(volatile u64 *)phys_to_virt(gpa) = value;
}

static inline u64 load(u64 gva)
{
	return *(volatile u64 *)gva;
}

static inline bool load_faults(u64 gva)
{
	u64 value;

	asm volatile(ASM_TRY("1f") "mov (%1), %0\\n\\t1:" : "=r"(value) : "r"(gva) : "memory");
	return exception_vector() == PF_VECTOR;
}

static inline bool store_faults(u64 gva, u64 value)
{
	asm volatile(ASM_TRY("1f") "mov %0, (%1)\\n\\t1:" : : "r"(value), "r"(gva) : "memory");
	return exception_vector() == PF_VECTOR;
}

int main(void)
{
	struct invpcid_desc desc = { };

	setup_vm();
${lines.map((line) => `\t${line}`).join('\n')}
	(void)desc;

	return report_summary();
}
`;
}

function memoryLines(words: readonly { gpa: string; value: string }[]): string[] {
  return words.map(({ gpa, value }) => `store(${constant(gpa)}, ${constant(value)});`);
}

/** The command that shows the mistake, held against what it should do. */
function lastLines(found: Shrunk): string[] {
  const last = found.commands.at(-1);
  if (last === undefined) return [];
  const end = soundEndOf(found);
  const operands = last as unknown as Readonly<Record<string, unknown>>;
  const gva = constant(operands.gva);
  const faults = end?.outcome.kind === 'fault' && end.outcome.vector === '#PF';
  if (last.kind === 'read' && faults) {
    return [`report(load_faults(${gva}), "the read faults");`];
  }
  if (last.kind === 'write' && faults) {
    const value = constant(operands.value);
    return [`report(store_faults(${gva}, ${value}), "the write faults");`];
  }
  if (last.kind === 'read' && end?.outcome.kind === 'ok' && end.outcome.value !== undefined) {
    const value = constant(wordToHex(end.outcome.value));
    return [`report(load(${gva}) == ${value}, "the read is of the page that is mapped");`];
  }
  if (last.kind === 'write' && end?.outcome.kind === 'ok' && end.access !== null) {
    const place = `*(volatile u64 *)phys_to_virt(${constant(end.access.gpa)})`;
    return [
      ...linesOf(last),
      `report(${place} == ${constant(operands.value)}, "the write went to the page that is mapped");`,
    ];
  }
  return [...linesOf(last), 'report_pass("the host lives");'];
}

/** The instructions of one command. */
function linesOf(command: CommandInput): string[] {
  const operands = command as unknown as Readonly<Record<string, unknown>>;
  const of = (name: string) => constant(operands[name]);
  switch (command.kind) {
    case 'mov-cr0':
      return [`write_cr0(${of('value')});`];
    case 'mov-cr3':
      return [`write_cr3(${of('value')});`];
    case 'mov-cr4':
      return [`write_cr4(${of('value')});`];
    case 'mov-from-cr3':
      return ['(void)read_cr3();'];
    case 'wrmsr-efer':
      return [`wrmsr(MSR_EFER, ${of('value')});`];
    case 'invlpg':
      return [`invlpg((void *)${of('gva')});`];
    case 'invpcid':
      return [
        `desc = (struct invpcid_desc){ .pcid = ${of('pcid')}, .addr = ${of('gva')} };`,
        `invpcid_safe(${of('type')}, &desc);`,
      ];
    case 'read':
      return [`(void)load(${of('gva')});`];
    case 'write':
      return [`*(volatile u64 *)${of('gva')} = ${of('value')};`];
    case 'execute':
      return [`((void (*)(void))${of('gva')})();`];
    case 'host-write':
      return [`store(${of('gpa')}, ${of('value')});`];
    default:
      return [`/* ${inComment(JSON.stringify(command))}: no guest executes this */`];
  }
}

function inComment(text: string): string {
  return text.replaceAll('*/', '* /');
}
