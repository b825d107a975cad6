import type { Command } from '../../mmu/schema/index.js';
import type { Fleet } from '../fleet/fleet.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import { BOUNDS } from '../wire/bounds.js';
import { ApiError } from '../wire/errors.js';
import { commandsBetween } from './replay.js';

/**
 * The commands that lead from the configuration of a VM to its state at a moment. They include those
 * that a fork's ancestors ran, and leave out those that a reset or a restored snapshot took back.
 *
 * @param task The task that needs them, as an error names it: `fork VM "vm-1"`.
 * @throws {ApiError} If the first of them are no longer kept, or there are too many.
 */
export function lineageOf(fleet: Fleet, entry: FleetVm, seq: number, task: string): Command[] {
  const parts: Command[][] = [];
  let at = { entry, seq };
  for (let length = 0; ; ) {
    const { ring } = at.entry;
    const rewound = ring.past.lastRewound(ring.oldest - 1, at.seq);
    const from = rewound?.seq ?? demandBeginning(at.entry, task);
    const part: Command[] = [];
    for (const command of commandsBetween(ring, from, at.seq)) {
      part.push(command);
      length += 1;
      // A history may have millions of them.
      if (length > BOUNDS.commandsPerCase.value) break;
    }
    parts.push(part);
    if (length > BOUNDS.commandsPerCase.value) {
      throw new ApiError(
        'beginning-unknown',
        `Cannot ${task}: more than ${BOUNDS.commandsPerCase.value} commands lead there, the bound`,
      );
    }
    const before =
      rewound === null ? originOf(fleet, at.entry, task) : earlier(at.entry, rewound.to);
    if (before === null) return parts.reverse().flat();
    at = before;
  }
}

interface Moment {
  readonly entry: FleetVm;
  readonly seq: number;
}

function earlier(entry: FleetVm, to: number | null): Moment | null {
  return to === null ? null : { entry, seq: to };
}

/** The moment at which a fork began; null for a VM made from its configuration. */
function originOf(fleet: Fleet, { id, origin }: FleetVm, task: string): Moment | null {
  if (origin === null) return null;
  const parent = fleet.find(origin.vm);
  if (parent !== undefined) return { entry: parent, seq: origin.seq };
  throw new ApiError(
    'beginning-unknown',
    `Cannot ${task}: VM "${id}" was forked from VM "${origin.vm}", which is deleted`,
  );
}

/**
 * Checks that history is kept from the beginning.
 *
 * @returns The `seq` before the first record: 0.
 * @throws {ApiError} If it is not.
 */
function demandBeginning({ id, ring: { oldest } }: FleetVm, task: string): number {
  if (oldest === 1) return 0;
  throw new ApiError(
    'events-expired',
    `Cannot ${task}: the first commands are needed, and history of VM "${id}" is kept from ${oldest}; reset it to begin anew`,
    { oldest },
  );
}
