import { Command, createJsonWriter } from '../../../mmu/schema/index.js';
import type { TraceScore } from '../report/trace-score.js';

const writeCommand = createJsonWriter(Command);

/**
 * The commands of all VMs as comma-separated values, with a head: operands as JSON. In pieces, each
 * a row.
 */
export function* traceCsv({ vms }: TraceScore): Generator<string, void> {
  yield 'vm,at,vcpu,confidence,command,operands\r\n';
  for (const { vm, commands } of vms) {
    for (const { at, vcpu, confidence, command } of commands) {
      const { kind, vcpu: _, ...operands } = JSON.parse(writeCommand(command));
      const row = [vm, at, vcpu, confidence, kind, quoted(JSON.stringify(operands))];
      yield `${row.join(',')}\r\n`;
    }
  }
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
