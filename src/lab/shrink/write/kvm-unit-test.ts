import type { CommandInput } from '../../../mmu/schema/index.js';
import type { Shrunk } from '../shrink.js';
import { titleOf } from './typescript.js';

/** Hex of a command, as C writes a 64-bit constant. */
function constant(value: unknown): string {
  const text = typeof value === 'number' ? `0x${value.toString(16)}` : String(value ?? '0x0');
  return `${text}ull`;
}

/**
 * A test for kvm-unit-tests: the commands as a guest executes them. A guest cannot do what the host
 * did, which is left as a comment at its place.
 */
export function kvmUnitTest({ config, commands, failure }: Shrunk): string {
  const lines = [...memoryLines(config.memory?.words ?? []), ...commands.flatMap(linesOf)];
  return `/*
 * ${titleOf(failure).replaceAll('*/', '* /')}
 *
 * Made of a list of commands. Addresses are those of the list: give them memory
 * that the test owns before it is run on a host.
 */
#include "libcflat.h"
#include "processor.h"
#include "vm.h"
#include "vmalloc.h"

static void store(u64 gpa, u64 value)
{
	*(volatile u64 *)phys_to_virt(gpa) = value;
}

static u64 load(u64 gva)
{
	return *(volatile u64 *)gva;
}

int main(void)
{
	struct invpcid_desc desc = { };

	setup_vm();
${lines.map((line) => `\t${line}`).join('\n')}
	(void)desc;
	report(true, "no stale translation was used");

	return report_summary();
}
`;
}

function memoryLines(words: readonly { gpa: string; value: string }[]): string[] {
  return words.map(({ gpa, value }) => `store(${constant(gpa)}, ${constant(value)});`);
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
      return [`/* ${JSON.stringify(command).replaceAll('*/', '* /')}: no guest executes this */`];
  }
}
