/** The pieces of a test for kvm-unit-tests. */
export interface Frame {
  /** The mistake, as a comment holds it. */
  readonly title: string;
  readonly l1: readonly string[];
  readonly l2: readonly string[];
  /** Functions that other CPUs run. */
  readonly others: readonly { readonly name: string; readonly lines: readonly string[] }[];
  /** Variables of VMCSs. */
  readonly regions: readonly string[];
  /** The list turns VMX on: it is off when the list begins. */
  readonly switchesVmx: boolean;
  /** The list leaves VMX off, which vmx.c turns off itself. */
  readonly endsWithoutVmx: boolean;
}

/** The file of a test, with the frame that its instructions need. */
export function fileOf(frame: Frame, isOfVmx: boolean): string {
  const body = isOfVmx ? vmxBody(frame) : plainBody(frame);
  const { title, others } = frame;
  const [what, ...headers] = isOfVmx
    ? [VMX_HOW, '"vmx.h"', '"libcflat.h"', '"desc.h"', '"processor.h"', '"vm.h"']
    : ['', '"libcflat.h"', '"desc.h"', '"processor.h"', '"vm.h"', '"vmalloc.h"'];
  if (others.length > 0) headers.push('"smp.h"');
  return `/*
 * ${title}
 *
 * Made of a list of commands. Addresses are those of the list: give them memory
 * that the test owns before it is run on a host.
${what} */
${headers.map((header) => `#include ${header}\n`).join('')}
${ACCESSES}
${others.map(({ name, lines }) => partOf(name, lines)).join('')}${body}`;
}

/** VMX tests have the main() of vmx.c, which runs what `vmx_tests` lists. */
const VMX_HOW = ` *
 * It takes the place of x86/vmx_tests.c: link it with x86/vmx.o.
`;

/** Loads and stores of three bytes, which L1 can skip where they left to it, and some that may fault. */
const ACCESSES = `static inline void store(u64 gpa, u64 value)
{
	*(volatile u64 *)phys_to_virt(gpa) = value;
}

static inline u64 load(u64 gva)
{
	asm volatile("mov (%0), %0" : "+a"(gva) : : "memory");
	return gva;
}

static inline void put(u64 gva, u64 value)
{
	asm volatile("mov %1, (%0)" : : "a"(gva), "d"(value) : "memory");
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
`;

function plainBody({ l1, others }: Frame): string {
  const setup = ['setup_vm();', ...(others.length > 0 ? ['smp_init();'] : [])];
  return `int main(void)
{
${declared(l1)}${indented([...setup, ...l1])}

	return report_summary();
}
`;
}

function vmxBody(frame: Frame): string {
  const { l1, l2, regions, switchesVmx, endsWithoutVmx } = frame;
  const enters = l1.some((line) => line.startsWith('run_l2('));
  const begin = [
    ...regions.flatMap((name) => [`init_vmcs(&${name});`, `vmcs_clear(${name});`]),
    ...(enters ? ['test_set_guest(shrunk_guest);'] : []),
    ...(switchesVmx ? ['vmx_off();'] : []),
  ];
  const end = endsWithoutVmx ? ['vmx_on();'] : [];
  return `${regions.map((name) => `static struct vmcs *${name};\n`).join('')}${enters ? RUN_L2 : ''}
${enters ? partOf('shrunk_guest', l2, 'void') : ''}static void shrunk_test(void)
{
${declared(l1)}${indented([...begin, ...l1, ...end])}
}

struct vmx_test vmx_tests[] = {
	{ .name = "shrunk", .v2 = shrunk_test },
	{ .name = NULL },
};
`;
}

/** L1 goes on when L2 leaves, and L2 later behind the instruction that left. */
const RUN_L2 = `
static void run_l2(void)
{
	u64 length = 3; /* of an access: a fault tells none */

	enter_guest();
	switch (vmcs_read(EXI_REASON)) {
	case VMX_EXC_NMI:
	case VMX_EPT_VIOLATION:
	case VMX_EPT_MISCONFIG:
		break;
	default:
		length = vmcs_read(EXI_INST_LEN);
	}
	vmcs_write(GUEST_RIP, vmcs_read(GUEST_RIP) + length);
}
`;

function partOf(name: string, lines: readonly string[], parameters = 'void *data'): string {
  const unused = parameters === 'void' ? [] : ['(void)data;'];
  return `static void ${name}(${parameters})
{
${declared(lines)}${indented([...unused, ...lines])}
}

`;
}

/** Declarations of the variables that lines use. */
function declared(lines: readonly string[]): string {
  const uses = (name: string) => lines.some((line) => line.includes(name));
  const variables = [
    ...(uses('&desc') ? ['struct invpcid_desc desc;'] : []),
    ...(uses('&result') ? ['struct vmentry_result result;'] : []),
  ];
  return variables.length === 0 ? '' : `${indented(variables)}\n\n`;
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `\t${line}`).join('\n');
}
