import type { FleetVm } from '../fleet/fleet-vm.js';
import type { Sleeper } from '../fleet/sleeper.js';
import { vmSummaryOf } from '../fleet/vm-body.js';
import type { NoteFacts } from './facts.js';

/** Writes what a list shows of a VM. */
export function noteOf(entry: FleetVm): Uint8Array {
  const { number, revision, labels } = entry;
  const facts: NoteFacts = { number, revision, labels, summary: vmSummaryOf(entry) };
  return new TextEncoder().encode(JSON.stringify(facts));
}

/** A VM that sleeps, by its note. */
export function sleeperOf(id: string, note: Uint8Array): Sleeper {
  const facts = JSON.parse(new TextDecoder().decode(note)) as NoteFacts;
  return { id, vm: null, ...facts, lease: null, waking: null };
}
