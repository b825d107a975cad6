import { wordToHex } from '../../../mmu/index.js';
import { Command, createJsonWriter } from '../../../mmu/schema/index.js';
import type { TraceScore } from '../report/trace-score.js';
import { rootOf } from '../score/root-of.js';
import type { KeptCommand, VmScore } from '../score/score.js';

const writeCommand = createJsonWriter(Command);
const NS_OF_US = 1e3;
/** Lanes of a vCPU: its roots as slices, and its commands as instants. */
const LANES = 2;

/**
 * A trace as JSON of trace events, which the Perfetto UI and chrome://tracing open: a process a VM,
 * and for each vCPU a lane of roots and one of commands.
 */
export function perfettoJson({ name, vms }: TraceScore): string {
  const traceEvents = vms.flatMap((vm) => [...namesOf(vm), ...rootsOf(vm), ...commandsOf(vm)]);
  return JSON.stringify({ displayTimeUnit: 'ns', otherData: { trace: name }, traceEvents });
}

function namesOf({ vm, commands }: VmScore) {
  const vcpus = [...new Set(commands.map(({ vcpu }) => vcpu))].sort((a, b) => a - b);
  const named = (kind: string, tid: number, name: string) => ({
    ...{ ph: 'M', name: kind, pid: vm + 1, tid },
    args: { name },
  });
  return [
    named('process_name', 0, `VM ${vm}`),
    ...vcpus.flatMap((vcpu) => [
      named('thread_name', vcpu * LANES + 1, `vCPU ${vcpu}: root`),
      named('thread_name', vcpu * LANES + 2, `vCPU ${vcpu}: commands`),
    ]),
  ];
}

/** Slices from each switch of root to the next one of the same vCPU. */
function rootsOf({ vm, commands }: VmScore) {
  const open = new Map<
    number,
    { readonly at: number; readonly root: string; readonly from: KeptCommand }
  >();
  const last = commands.at(-1)?.at ?? 0;
  const slices: object[] = [];
  const close = (vcpu: number, end: number) => {
    const slice = open.get(vcpu);
    if (slice === undefined) return;
    const { at, root, from } = slice;
    const dur = Math.max(0, end - at) / NS_OF_US;
    const place = { pid: vm + 1, tid: vcpu * LANES + 1, ts: at / NS_OF_US, dur };
    slices.push({
      ph: 'X',
      name: root,
      cat: 'root',
      ...place,
      args: { confidence: from.confidence },
    });
  };
  for (const from of commands) {
    const root = rootOf(from.command);
    if (root === null) continue;
    close(from.vcpu, from.at);
    open.set(from.vcpu, { at: from.at, root: `${root.mmu} ${wordToHex(root.pgd)}`, from });
  }
  for (const vcpu of open.keys()) close(vcpu, last);
  return slices;
}

function commandsOf({ vm, commands }: VmScore) {
  return commands.map(({ at, vcpu, confidence, command }) => ({
    ...{ ph: 'i', s: 't', name: command.kind, cat: confidence },
    ...{ pid: vm + 1, tid: vcpu * LANES + 2, ts: at / NS_OF_US },
    args: { confidence, command: JSON.parse(writeCommand(command)) as unknown },
  }));
}
