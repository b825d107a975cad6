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
 * and for each vCPU a lane of roots and one of commands. In pieces, each an event.
 *
 * @see https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
 */
export function* perfettoJson({ name, vms }: TraceScore): Generator<string, void> {
  yield `{"displayTimeUnit":"ns","otherData":${JSON.stringify({ trace: name })},"traceEvents":[`;
  let comma = '';
  for (const vm of vms) {
    for (const event of eventsOf(vm)) {
      yield comma + JSON.stringify(event);
      comma = ',\n';
    }
  }
  yield ']}';
}

/** Events of a VM; the lanes of a vCPU are named when it first does something. */
function* eventsOf(score: VmScore): Generator<object, void> {
  const { vm, commands } = score;
  const roots = createRoots(vm);
  const vcpus = new Set<number>();
  let last = 0;
  yield named('process_name', { pid: vm + 1, tid: 0 }, `VM ${vm}`);
  for (const kept of commands) {
    if (!vcpus.has(kept.vcpu)) {
      vcpus.add(kept.vcpu);
      yield* namesOf(vm, kept.vcpu);
    }
    yield* roots.take(kept);
    yield instantOf(vm, kept);
    last = kept.at;
  }
  yield* roots.end(last);
}

interface Thread {
  readonly pid: number;
  readonly tid: number;
}

const rootLane = (vm: number, vcpu: number): Thread => ({ pid: vm + 1, tid: vcpu * LANES + 1 });
const commandLane = (vm: number, vcpu: number): Thread => ({ pid: vm + 1, tid: vcpu * LANES + 2 });

function named(kind: string, thread: Thread, name: string): object {
  return { ph: 'M', name: kind, ...thread, args: { name } };
}

function namesOf(vm: number, vcpu: number): object[] {
  return [
    named('thread_name', rootLane(vm, vcpu), `vCPU ${vcpu}: root`),
    named('thread_name', commandLane(vm, vcpu), `vCPU ${vcpu}: commands`),
  ];
}

function instantOf(vm: number, { at, vcpu, confidence, command }: KeptCommand): object {
  return {
    ...{ ph: 'i', s: 't', name: command.kind, cat: confidence },
    ...{ ...commandLane(vm, vcpu), ts: at / NS_OF_US },
    args: { confidence, command: JSON.parse(writeCommand(command)) as unknown },
  };
}

/** Slices from each switch of root to the next one of the same vCPU. */
function createRoots(vm: number) {
  const open = new Map<number, { readonly root: string; readonly from: KeptCommand }>();
  const close = (vcpu: number, end: number): object[] => {
    const slice = open.get(vcpu);
    if (slice === undefined) return [];
    const { at, confidence } = slice.from;
    const dur = Math.max(0, end - at) / NS_OF_US;
    return [
      {
        ...{ ph: 'X', name: slice.root, cat: 'root' },
        ...{ ...rootLane(vm, vcpu), ts: at / NS_OF_US, dur },
        args: { confidence },
      },
    ];
  };
  return {
    take(from: KeptCommand): object[] {
      const root = rootOf(from.command);
      if (root === null) return [];
      const closed = close(from.vcpu, from.at);
      open.set(from.vcpu, { root: `${root.mmu} ${wordToHex(root.pgd)}`, from });
      return closed;
    },
    end: (last: number): object[] => [...open.keys()].flatMap((vcpu) => close(vcpu, last)),
  };
}
