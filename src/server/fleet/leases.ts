import type { Labels } from '../wire/labels.js';
import type { FleetLog } from './fleet-options.js';
import type { Keeper } from './keeper.js';
import { Lease } from './lease.js';

export interface LeasesOptions {
  readonly log: FleetLog;
  readonly keeper: Keeper | null;
  /** Deletes a VM that was idle for its TTL. */
  readonly expire: (id: string) => void;
}

/** Makes the leases of a fleet's VMs. */
export class Leases {
  readonly #options: LeasesOptions;

  constructor(options: LeasesOptions) {
    this.#options = options;
  }

  /** A lease of a VM that begins now; null if its labels have no TTL. */
  of(id: string, { ttlSeconds }: Labels): Lease | null {
    if (ttlSeconds === null) return null;
    const { log, keeper, expire } = this.#options;
    return new Lease(ttlSeconds, {
      used: () => keeper?.used(id),
      end() {
        expire(id);
        log.info({ vm: id, ttlSeconds }, 'Idle VM deleted');
      },
    });
  }
}
