import { VCPUS_PER_VM_MAX } from '../../../mmu/schema/index.js';
import type { Census } from '../census.js';
import { countUnread } from '../census.js';
import type { Fact, Stamp, Take, Task } from '../fact.js';
import { takeFact } from './take.js';
import { createVcpuTrace, type VcpuTrace } from './vcpu.js';
import { createVmTrace, HELD_MAX, type VmTrace, windowOf } from './vm.js';
import type { Window } from './window.js';

/** Receives the windows of all VMs, those of one VM in their order. */
export type TakeWindow = (vm: VmTrace, window: Window) => void;

/** VMs that are being made of facts. */
export interface Reconstruction {
  readonly take: Take;
  readonly vms: readonly VmTrace[];
  /** The trace has ended: gives away what is held. */
  end(): void;
  /** The same window by window, for whoever shares the time with others. */
  endSteps(): Generator<undefined, void>;
}

/** VMs that are told apart. */
export const TRACED_VMS_MAX = 64;
/** Events of a task that are kept until it turns out to be a vCPU. */
const ORPHANS_MAX = 64;
/** Tasks that are no vCPU, as far as is known. */
const TASKS_MAX = 4096;

/** Tasks of a VM that are named. */
const TASKS_SHOWN_MAX = 256;

/** The place of a task: a vCPU's thread, or a thread that works for one. */
interface Home {
  readonly vm: VmTrace;
  vcpu: VcpuTrace;
}

/**
 * Makes of facts what happened to VMs: which vCPU each belongs to, and the commands they stand for.
 *
 * A task is tied to a vCPU by its first entry. Tasks of one process are one VM; where the trace has
 * no process, tasks with alike names and near numbers are, as long as no vCPU comes twice.
 */
export function createReconstruction(census: Census, takeWindow: TakeWindow): Reconstruction {
  const vms: VmTrace[] = [];
  const homes = new Map<Task, Home>();
  const orphans = new Map<Task, { fact: Fact; stamp: Stamp }[]>();
  const tasksOf = new Map<VmTrace, Task[]>();

  function vmFor(task: Task, vcpu: number): VmTrace | null {
    const sameProcess = vms.find((vm) =>
      tasksOf
        .get(vm)
        ?.some(({ host, tgid }) => tgid !== null && tgid === task.tgid && host === task.host),
    );
    if (sameProcess !== undefined) return sameProcess;
    const near = vms.filter((vm) => !vm.vcpus.has(vcpu) && isAlike(task, tasksOf.get(vm) ?? []));
    const nearest = near.sort((a, b) => distance(task, a) - distance(task, b))[0];
    if (nearest !== undefined) return nearest;
    if (vms.length === TRACED_VMS_MAX) return null;
    const created = createVmTrace(vms.length);
    vms.push(created);
    return created;
  }

  function distance({ pid }: Task, vm: VmTrace): number {
    return Math.min(...(tasksOf.get(vm) ?? []).map((one) => Math.abs((one.pid ?? 0) - (pid ?? 0))));
  }

  function settleHome(task: Task, number: number): Home | null {
    const known = homes.get(task);
    if (known?.vcpu.vcpu === number) return known;
    if (number >= VCPUS_PER_VM_MAX) {
      countUnread(census, `vCPU beyond the bound of ${VCPUS_PER_VM_MAX} a VM`, `vcpu ${number}`);
      return null;
    }
    const vm = known?.vm ?? vmFor(task, number);
    if (vm === null) {
      countUnread(census, `VM beyond the bound of ${TRACED_VMS_MAX} a trace`, task.name);
      return null;
    }
    let vcpu = vm.vcpus.get(number);
    if (vcpu === undefined) {
      vcpu = createVcpuTrace(number);
      vm.vcpus.set(number, vcpu);
      vm.hints.vcpus = Math.max(vm.hints.vcpus, number + 1);
    }
    const home = { vm, vcpu };
    homes.set(task, home);
    if (known === undefined && vm.tasks.length < TASKS_SHOWN_MAX) {
      vm.tasks.push(`${nameOf(task)}: vCPU ${number}`);
    }
    tasksOf.set(vm, [...(tasksOf.get(vm) ?? []), task]);
    for (const { fact, stamp } of orphans.get(task) ?? []) takeFact(vm, vcpu, fact, stamp);
    orphans.delete(task);
    return home;
  }

  /** Events before a task's first entry, or of one that is no vCPU. */
  function keepOrphan(task: Task, fact: Fact, stamp: Stamp): void {
    const [only, ...others] = vms;
    if (fact.kind === 'zap-all' && only !== undefined && others.length === 0) {
      const first = only.vcpus.values().next().value;
      if (first !== undefined) takeFact(only, first, fact, stamp);
      return;
    }
    if (fact.kind === 'zap-all' && vms.length > 1) {
      countUnread(census, 'zap of all pages by a task of no VM that is known', task.name);
    }
    if (orphans.size >= TASKS_MAX && !orphans.has(task)) orphans.clear();
    const kept = orphans.get(task) ?? [];
    if (kept.length < ORPHANS_MAX) kept.push({ fact, stamp: { ...stamp } });
    orphans.set(task, kept);
  }

  function* endSteps(): Generator<undefined, void> {
    for (const vm of vms) {
      for (const vcpu of vm.vcpus.values()) {
        if (vcpu.window === null) continue;
        const window = windowOf(vm, vcpu, 0);
        window.isTorn = true;
        vm.held.push(window);
        vcpu.window = null;
      }
      for (let next = vm.held.shift(); next !== undefined; next = vm.held.shift()) {
        takeWindow(vm, next);
        yield;
      }
    }
  }

  return {
    vms,
    take(fact, stamp) {
      if (fact.kind === 'lost') {
        for (const vm of vms) for (const vcpu of vm.vcpus.values()) takeFact(vm, vcpu, fact, stamp);
        return;
      }
      const number = fact.kind === 'entry' || fact.kind === 'exit' ? fact.vcpu : null;
      const home =
        number === null ? (homes.get(stamp.task) ?? null) : settleHome(stamp.task, number);
      if (home === null) {
        if (number === null) keepOrphan(stamp.task, fact, stamp);
        return;
      }
      takeFact(home.vm, home.vcpu, fact, stamp);
      const { held } = home.vm;
      while (held.length > HELD_MAX) takeWindow(home.vm, held.shift() as Window);
    },
    end() {
      const steps = endSteps();
      while (steps.next().done !== true);
    },
    endSteps,
  };
}

function nameOf({ host, name, pid }: Task): string {
  return `${host === null ? '' : `${host}: `}${name}${pid === null ? '' : `-${pid}`}`;
}

/** Whether a task may be one of those: its name is theirs but for the numbers in it. */
function isAlike({ host, name, tgid }: Task, tasks: readonly Task[]): boolean {
  const shape = (text: string) => text.replace(/\d+/g, '#');
  return tasks.some((one) => {
    if (host !== one.host) return false;
    if (tgid !== null && one.tgid !== null) return one.tgid === tgid;
    return shape(one.name) === shape(name);
  });
}
