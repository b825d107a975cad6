import type { Command } from '../../mmu/schema/index.js';
import type { Fleet } from '../fleet/fleet.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import { ApiError } from '../wire/errors.js';
import { CASE_COMMANDS_MAX } from '../wire/limits.js';
import { commandsBetween, lastRewoundBetween } from './replay.js';

/**
 * The commands that lead from the configuration of a VM to its state at a moment: what came before
 * a reset is not among them, nor what a restored snapshot took back; what a fork's ancestors ran is.
 *
 * @param what They are needed for.
 * @throws {ApiError} If the first of them are not known any more, or they are too many.
 */
export function lineageOf(fleet: Fleet, entry: FleetVm, seq: number, what: string): Command[] {
  const parts: Command[][] = [];
  let at = { entry, seq };
  for (let length = 0; ; ) {
    const { ring } = at.entry;
    const rewound = lastRewoundBetween(ring, ring.oldest - 1, at.seq);
    const from = rewound?.seq ?? demandBeginning(at.entry, what);
    const part = commandsBetween(ring, from, at.seq);
    parts.push(part);
    length += part.length;
    if (length > CASE_COMMANDS_MAX) {
      throw new ApiError(
        'beginning-unknown',
        `Cannot ${what}: over ${CASE_COMMANDS_MAX} commands lead there, the bound`,
      );
    }
    const before =
      rewound === null ? originOf(fleet, at.entry, what) : earlier(at.entry, rewound.to);
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

/** Where a fork began; null for a VM that was made from its configuration. */
function originOf(fleet: Fleet, { id, origin }: FleetVm, what: string): Moment | null {
  if (origin === null) return null;
  const parent = fleet.find(origin.vm);
  if (parent !== undefined) return { entry: parent, seq: origin.seq };
  throw new ApiError(
    'beginning-unknown',
    `Cannot ${what}: VM "${id}" was forked from VM "${origin.vm}", which is deleted`,
  );
}

/** @returns The moment before the first record. */
function demandBeginning({ id, ring: { oldest } }: FleetVm, what: string): number {
  if (oldest === 1) return 0;
  throw new ApiError(
    'events-expired',
    `Cannot ${what}: its beginning is needed, and history of VM "${id}" is kept from ${oldest}; a reset begins it anew`,
    { oldest },
  );
}
