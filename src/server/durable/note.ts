import type { FleetVm } from '../fleet/fleet-vm.js';
import type { Sleeper } from '../fleet/sleeper.js';
import { vmSummaryOf } from '../fleet/vm-body.js';
import type { NoteFacts } from './facts.js';

/** Writes what a list shows of a VM. @param lived Time by the clock of the journal. */
export function noteOf(entry: FleetVm, lived: number): Uint8Array {
  const { number, revision, labels } = entry;
  const facts: NoteFacts = {
    ...{ number, revision, labels, at: Date.now(), lived },
    summary: vmSummaryOf(entry),
  };
  return new TextEncoder().encode(JSON.stringify(facts));
}

/** Reads a note; null if it was lost. */
export function noteFrom(note: Uint8Array): NoteFacts | null {
  return note.length === 0 ? null : (JSON.parse(new TextDecoder().decode(note)) as NoteFacts);
}

/** A VM that sleeps, by its note. */
export function sleeperOf(id: string, note: Uint8Array): Sleeper {
  const { number, revision, labels, summary, lived } = JSON.parse(
    new TextDecoder().decode(note),
  ) as NoteFacts;
  // Those before there was such a clock are as old as the clock is.
  const since = lived ?? 0;
  return { id, vm: null, number, revision, labels, summary, since, lease: null, waking: null };
}
