import { hex } from '../../../mmu/index.js';
import { COMMANDS, type CommandInput, type Outcome } from '../../../mmu/schema/index.js';

/** Operands of a command, by their names. */
export type Operands = Readonly<Record<string, unknown>>;

export function operandsOf(command: CommandInput): Operands {
  return command as unknown as Operands;
}

/** A 64-bit constant of C. */
export function constant(value: unknown): string {
  const text = typeof value === 'number' ? hex(value) : String(value ?? '0x0');
  return `${text}ull`;
}

export function inComment(text: string): string {
  return text.replaceAll('*/', '* /');
}

/**
 * The calls that do what a command of any guest does.
 *
 * @param outcome What it should end with; null if nobody can tell. A fault that is right must not
 *   end the test.
 */
export function callsOf(command: CommandInput, outcome: Outcome | null): string[] {
  const faults = outcome?.kind === 'fault';
  const safely = (name: string) => (faults ? `${name}_safe` : name);
  const operands = operandsOf(command);
  const of = (name: string) => constant(operands[name]);
  switch (command.kind) {
    case 'mov-cr0':
      return [`${safely('write_cr0')}(${of('value')});`];
    case 'mov-cr3':
      return [`${safely('write_cr3')}(${of('value')});`];
    case 'mov-cr4':
      return [`${safely('write_cr4')}(${of('value')});`];
    case 'mov-from-cr3':
      return ['(void)read_cr3();'];
    case 'wrmsr-efer':
      return [`${safely('wrmsr')}(MSR_EFER, ${of('value')});`];
    case 'invlpg':
      return [`invlpg((void *)${of('gva')});`];
    case 'invpcid':
      return [
        `desc = (struct invpcid_desc){ .pcid = ${of('pcid')}, .addr = ${of('gva')} };`,
        `invpcid_safe(${of('type')}, &desc);`,
      ];
    case 'read':
      return [`(void)${faults ? 'load_faults' : 'load'}(${of('gva')});`];
    case 'write':
      return [faultable(faults, of('gva'), of('value'))];
    case 'execute':
      return faults ? [leftOut(command, true)] : [`((void (*)(void))${of('gva')})();`];
    case 'host-write':
      return [`store(${of('gpa')}, ${of('value')});`];
    default:
      return [leftOut(command)];
  }
}

function faultable(faults: boolean, gva: string, value: string): string {
  return faults ? `(void)store_faults(${gva}, ${value});` : `put(${gva}, ${value});`;
}

/** A comment in the place of a command. */
export function leftOut(command: CommandInput, isToFault = false): string {
  const isGuests = COMMANDS[command.kind].runsIn === 'guest';
  const other = isGuests ? 'not in these words' : 'no guest executes this';
  return `/* ${inComment(JSON.stringify(command))}: ${isToFault ? 'it is to fault' : other} */`;
}
