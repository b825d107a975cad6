import { commandOf, type Past, type PastRecord, type Why, whySteps } from '../../lab/index.js';
import { freezeVm } from '../../mmu/index.js';
import type { Fleet } from '../fleet/fleet.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import { ApiError } from '../wire/errors.js';
import type { Moments } from './moments.js';

type Before = NonNullable<Parameters<typeof whySteps>[0]['before']>;

/**
 * Why a record of a VM came about, worked out in turns.
 *
 * @throws {ApiError} If there is no such record yet, or it or the state before it is no longer kept.
 */
export async function whyAt(
  { fleet, moments }: { readonly fleet: Fleet; readonly moments: Moments },
  entry: FleetVm,
  seq: number,
): Promise<Why> {
  const { ring, vm } = entry;
  const record = demandRecord(entry, seq);
  const before = await beforeOf(moments, entry, record);
  const past: Past = { head: ring.head, at: (number) => ring.at(number) };
  const steps = whySteps({ past, record, policy: vm.initial.policy, before });
  const work = fleet.turns.work();
  for (;;) {
    if (work.isOver()) await work.next();
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** @throws {ApiError} If there is no such record. */
function demandRecord({ id, ring }: FleetVm, seq: number): PastRecord {
  const record = ring.at(seq);
  if (record !== undefined) return record;
  if (seq < 1 || seq > ring.head) {
    const why = `the commands and events of VM "${id}" are numbered from 1 to ${ring.head}`;
    throw new ApiError('invalid-request', `Cannot explain ${seq}: ${why}`);
  }
  const { oldest } = ring;
  throw new ApiError('events-expired', `Cannot explain ${seq}: history is kept from ${oldest}`, {
    oldest,
  });
}

/** The VM just before the command of a record; null for a record that is no part of a command. */
async function beforeOf(
  moments: Moments,
  entry: FleetVm,
  record: PastRecord,
): Promise<Before | null> {
  const seq = commandOf(record);
  const first = seq === null ? undefined : entry.ring.at(seq);
  if (seq === null || first?.type !== 'command') return null;
  const { command } = first;
  const config = entry.vm.initial;
  return moments.look(entry, seq - 1, ({ vm }) => ({ config, command, state: freezeVm(vm) }));
}
