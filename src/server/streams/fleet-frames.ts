import { z } from 'zod';
import { createJsonWriter } from '../../mmu/schema/index.js';
import {
  CommandFrame,
  Digits,
  EventFrame,
  epoch,
  filterFields,
  GapFrame,
  listOf,
  RewoundFrame,
  Seq,
  ThroughFrame,
  VmId,
} from '../wire/frames.js';
import { SELECTION, VmName, VmTags } from '../wire/labels.js';

export const LifeFrame = z
  .strictObject({
    type: z.literal('life'),
    number: Seq.describe('Rises by one with each creation and deletion on this server.'),
    vm: VmId,
    life: z.enum(['created', 'deleted']),
    name: VmName.nullable(),
    tags: VmTags,
    head: Seq.describe(
      "The VM's newest sequence number; after its deletion, frames up to it that did not come are lost.",
    ),
  })
  .meta({ id: 'LifeFrame', description: 'A VM was created or deleted.' });
export type LifeFrame = z.output<typeof LifeFrame>;

export const LifeGapFrame = z
  .strictObject({ type: z.literal('life-gap'), from: Seq, to: Seq })
  .meta({
    id: 'LifeGapFrame',
    description: 'Creations and deletions with these numbers are no longer kept: list the VMs.',
  });

export const LifeThroughFrame = z
  .strictObject({ type: z.literal('life-through'), number: Seq })
  .meta({
    id: 'LifeThroughFrame',
    description: 'All creations and deletions up to `number` were sent or filtered out.',
  });

export const FleetHelloFrame = z
  .strictObject({
    type: z.literal('hello'),
    epoch: z.string(),
    vms: z.number().int().min(0).describe('Number of VMs.'),
    number: Seq.describe('Number of the newest creation or deletion.'),
  })
  .meta({ id: 'FleetHelloFrame', description: 'First frame of a stream of all VMs.' });

export const FleetEndFrame = z
  .strictObject({
    type: z.literal('end'),
    number: Seq.describe('Creations and deletions up to it were sent or filtered out.'),
    reason: z.literal('shutdown'),
  })
  .meta({ id: 'FleetEndFrame', description: 'Last frame of a stream of all VMs.' });

export const FleetStreamFrame = z
  .union([
    FleetHelloFrame,
    LifeFrame,
    LifeGapFrame,
    LifeThroughFrame,
    CommandFrame,
    EventFrame,
    RewoundFrame,
    GapFrame,
    ThroughFrame,
    FleetEndFrame,
  ])
  .meta({
    id: 'FleetStreamFrame',
    description: 'A message, line or server-sent event of a stream of all VMs.',
  });

export const writeLife = createJsonWriter(LifeFrame);
export const writeLifeGap = createJsonWriter(LifeGapFrame);
export const writeLifeThrough = createJsonWriter(LifeThroughFrame);
export const writeFleetHello = createJsonWriter(FleetHelloFrame);
export const writeFleetEnd = createJsonWriter(FleetEndFrame);

/** Query for the histories of all VMs. */
export const FleetQuery = z.strictObject({
  after: Digits.optional().describe(
    'Resume creations and deletions behind this `number`. Default: now.',
  ),
  epoch,
  vm: listOf(VmId).optional().describe('Only these VMs.'),
  ...SELECTION,
  ...filterFields,
});
export type FleetQuery = z.output<typeof FleetQuery>;
