import { Command, type CommandInput } from '../../../mmu/schema/index.js';
import type { SoundStep } from '../sound.js';
import { constant, leftOut, operandsOf } from './c-calls.js';
import { cFieldOf } from './c-fields.js';

const VMCALL = 18;

/** Fields that say where L2 begins and where L1 goes on: the test has its own. */
const OWN_FIELDS: ReadonlySet<string> = new Set(['HOST_RIP', 'HOST_RSP', 'GUEST_RIP', 'GUEST_RSP']);

const VMX_KINDS: ReadonlySet<string> = new Set([
  ...['vmxon', 'vmxoff', 'vmclear', 'vmptrld', 'vmread', 'vmwrite', 'vmlaunch', 'vmresume'],
  ...['invept', 'invvpid', 'vmfunc', 'vmexit'],
]);

/** Whether a command is one of VMX: a list with one needs the frame of a test of VMX. */
export function isOfVmx({ kind }: CommandInput): boolean {
  return VMX_KINDS.has(kind);
}

/** The pages of VMCSs that a list loads, by their addresses: names of variables. */
export function regionsOf(
  commands: readonly CommandInput[],
  steps: readonly SoundStep[],
): ReadonlyMap<string, string> {
  const loaded = commands.filter(
    ({ kind }, nth) => kind === 'vmptrld' && steps[nth]?.outcome?.kind === 'ok',
  );
  return new Map(
    loaded.map((command) => {
      const address = String(operandsOf(command).address);
      return [address, `vmcs_${address.slice(2)}`];
    }),
  );
}

/**
 * The calls that do what an instruction of VMX does. One that is to fault, or whose operands are not
 * in memory, is left out.
 */
export function vmxCallsOf(
  command: CommandInput,
  step: SoundStep | undefined,
  regions: ReadonlyMap<string, string>,
): string[] {
  const faults = step?.outcome?.kind === 'fault';
  const call = faults ? null : instructionOf(command, step, regions);
  return [call === null ? leftOut(command, faults) : `${call};`];
}

/** Whether an instruction fails, as C asks it; null for one that is asked nothing. */
export function failureAsked(
  command: CommandInput,
  regions: ReadonlyMap<string, string>,
): string | null {
  switch (command.kind) {
    case 'vmxon':
    case 'vmxoff':
    case 'vmclear':
    case 'vmptrld':
    case 'vmwrite':
    case 'invept':
    case 'invvpid':
      return instructionOf(command, undefined, regions);
    default:
      return null;
  }
}

function instructionOf(
  command: CommandInput,
  step: SoundStep | undefined,
  regions: ReadonlyMap<string, string>,
): string | null {
  const operands = operandsOf(command);
  if ((operands.encoding ?? 'memory') !== 'memory') return null;
  const of = (name: string) => constant(operands[name]);
  const address = String(operands.address);
  const region = regions.get(address) ?? `(struct vmcs *)${address}ull`;
  switch (command.kind) {
    case 'vmxon':
      // vmx_on() has a region of its own: an address that is refused cannot be given.
      return step?.outcome?.kind === 'vm-fail' ? null : 'vmx_on()';
    case 'vmxoff':
      return 'vmx_off()';
    case 'vmclear':
      return `vmcs_clear(${region})`;
    case 'vmptrld':
      return `make_vmcs_current(${region})`;
    case 'vmread':
      return `(void)vmcs_read(${fieldOf(command)})`;
    case 'vmwrite':
      if (OWN_FIELDS.has(fieldOf(command))) return null;
      return `vmcs_write(${fieldOf(command)}, ${of('value')})`;
    case 'vmlaunch':
    case 'vmresume':
      return step?.l2.after === false ? '__enter_guest(0, &result)' : 'run_l2()';
    case 'invept':
      return `__invept(${of('type')}, ${of('eptp')})`;
    case 'invvpid':
      return `__invvpid(${of('type')}, ${of('vpid')}, ${of('gva')})`;
    case 'vmfunc':
      return (
        `asm volatile("vmfunc" : : "a"(${Number(operands.function ?? 0)}), ` +
        `"c"(${Number(operands.index ?? 0)}) : "memory")`
      );
    case 'vmexit':
      return `asm volatile("vmcall")${otherReason(operands.reason)}`;
    default:
      return null;
  }
}

function otherReason(reason: unknown): string {
  const isVmcall = reason === undefined || reason === VMCALL;
  return isVmcall ? '' : ` /* stands for exit reason ${Number(reason)} */`;
}

function fieldOf(command: CommandInput): string {
  const parsed = Command.parse(command);
  return 'field' in parsed ? cFieldOf(parsed.field) : '';
}
