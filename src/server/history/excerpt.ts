import { promisify } from 'node:util';
import { deflateRaw } from 'node:zlib';
import { z } from 'zod';
import type { EventRing } from '../../journal/index.js';
import { archivingOf, pagesHeldBy, type Vm } from '../../mmu/index.js';
import { Command, VmConfig } from '../../mmu/schema/index.js';
import type { Fleet } from '../fleet/fleet.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import { finishInTurns } from '../fleet/turns.js';
import { BOUNDS } from '../wire/bounds.js';
import { ApiError } from '../wire/errors.js';
import { Seq } from '../wire/frames.js';
import { VERSION } from '../wire/version.js';
import { isCommand } from './replay.js';
import type { Timeline } from './timeline.js';

/** Part of the history of a VM that is run again from a state amid it. */
export const Excerpt = z
  .strictObject({
    format: z.literal('mmulab-excerpt'),
    formatVersion: z.literal(1),
    mmulab: z.string(),
    config: VmConfig,
    after: Seq.describe('The moment of the state.'),
    state: z.string().describe('The state in base64, deflated. A form of this version alone.'),
    commands: z.array(Command).describe('The commands behind it, in order.'),
  })
  .meta({ id: 'Excerpt', description: 'A state of a VM, and the commands that followed.' });
type Excerpt = z.output<typeof Excerpt>;

/** Records before a moment, and behind it, whose commands an excerpt may hold. */
const RECORDS_BEFORE = 16_384;
const RECORDS_BEHIND = 8192;

/** Commands before the moment at most, so that some behind it have room. */
const COMMANDS_BEFORE = 8192;

/**
 * The commands around a moment of a VM, and the state before the first of them.
 *
 * @throws {ApiError} If the moment is in the future or no longer kept, or the state is too large.
 */
export async function excerptOf(
  fleet: Fleet,
  timeline: Timeline,
  { entry, at }: { readonly entry: FleetVm; readonly at: number },
): Promise<Excerpt> {
  timeline.demandPast(entry, at);
  const { after, commands } = passageAround(entry.ring, at);
  const state = await timeline.stateAt(entry, after);
  demandSmall(entry, state);
  const bytes = await finishInTurns(fleet.turns, archivingOf(state));
  return {
    format: 'mmulab-excerpt',
    formatVersion: 1,
    mmulab: VERSION,
    config: entry.vm.initial,
    after,
    state: (await deflated(bytes)).toString('base64'),
    commands,
  };
}

const deflated = promisify(deflateRaw);

/** Commands around a moment that nothing took back, and the `seq` of the state before them. */
function passageAround({ past, oldest }: EventRing, at: number) {
  // Of a moment that is no longer kept there may be a snapshot, and nothing that came of it.
  if (at < oldest - 1) return { after: at, commands: [] };
  const floor = Math.max(at - RECORDS_BEFORE, oldest - 1);
  const from = past.lastRewound(floor, at)?.seq ?? floor;
  const steps: { readonly seq: number; readonly command: Command }[] = [];
  for (const step of past.steps(from, at + RECORDS_BEHIND)) {
    if (!isCommand(step)) break;
    steps.push(step);
  }
  const before = steps.findLastIndex(({ seq }) => seq <= at) + 1;
  const first = Math.max(0, before - COMMANDS_BEFORE);
  const kept = steps.slice(first, first + BOUNDS.commandsPerCase.value);
  const after = kept[0] === undefined ? at : kept[0].seq - 1;
  return { after, commands: kept.map(({ command }) => command) };
}

function demandSmall({ id }: FleetVm, vm: Vm): void {
  const pages = pagesHeldBy(vm);
  if (pages <= BOUNDS.excerptPages.value) return;
  throw new ApiError(
    'beginning-unknown',
    `Cannot write an excerpt of VM "${id}": its state takes ${pages} pages, and ${BOUNDS.excerptPages.value} are the bound`,
  );
}
