import type { FleetVm } from './fleet-vm.js';

/**
 * Does something to a VM in turns. Other requests about the VM wait until it is done, so that none
 * comes between; requests about others are served.
 */
export async function holdAlone<T>(
  entry: Pick<FleetVm, 'held'>,
  work: () => Promise<T>,
): Promise<T> {
  while (entry.held !== null) await entry.held;
  let release = () => {};
  entry.held = new Promise((resolve) => {
    release = resolve;
  });
  try {
    return await work();
  } finally {
    entry.held = null;
    release();
  }
}
