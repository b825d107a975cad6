import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { Timeline } from '../api/timeline.js';
import { type Folding, isOpen } from './rows.js';

/** Parts of a picture that are folded, and what folds them. */
export interface Fold {
  readonly folding: ReadonlySignal<Folding>;
  /** vCPUs that are open unless somebody closes them, if there are no more. */
  readonly openMax: Signal<number>;
  toggleVcpu(vcpu: number): void;
  toggleSlots(vcpu: number): void;
}

export function createFold(most: number, timeline: ReadonlySignal<Timeline | null>): Fold {
  const openMax = signal(most);
  const byHand = signal<Folding['byHand']>(new Map());
  const allSlots = signal<Folding['allSlots']>(new Set());
  const folding = computed<Folding>(() => ({
    byHand: byHand.value,
    allSlots: allSlots.value,
    openMax: openMax.value,
  }));
  return {
    folding,
    openMax,
    toggleVcpu(vcpu) {
      const count = timeline.value?.vcpus.length ?? 0;
      const isOn = !isOpen(vcpu, folding.value, count);
      byHand.value = new Map(byHand.value).set(vcpu, isOn);
    },
    toggleSlots(vcpu) {
      const next = new Set(allSlots.value);
      if (!next.delete(vcpu)) next.add(vcpu);
      allSlots.value = next;
    },
  };
}
