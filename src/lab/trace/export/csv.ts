import { Command, createJsonWriter } from '../../../mmu/schema/index.js';
import type { TraceScore } from '../report/trace-score.js';

const writeCommand = createJsonWriter(Command);

/** The commands of all VMs as comma-separated values, with a head: operands as JSON. */
export function traceCsv({ vms }: TraceScore): string {
  const rows = vms.flatMap(({ vm, commands }) =>
    commands.map(({ at, vcpu, confidence, command }) => {
      const { kind, vcpu: _, ...operands } = JSON.parse(writeCommand(command));
      return [vm, at, vcpu, confidence, kind, quoted(JSON.stringify(operands))].join(',');
    }),
  );
  return `${['vm,at,vcpu,confidence,command,operands', ...rows].join('\r\n')}\r\n`;
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
