import { unarchiveVm, type Vm } from '../../src/mmu/index.js';
import type { VmConfig } from '../../src/mmu/schema/index.js';
import { bytesOfBase64, through } from '../model/folded.js';

/** Bytes that a state may unfold into. */
const STATE_BYTES_MAX = 64 * 1024 * 1024;

/**
 * The machine that an excerpt begins with.
 *
 * @param state The archived state, deflated, in base64.
 * @throws {Error} If it is no state of this version.
 */
export async function machineOf(config: VmConfig, state: string): Promise<Vm> {
  try {
    const stream = new DecompressionStream('deflate-raw');
    const bytes = await through(bytesOfBase64(state), stream, STATE_BYTES_MAX);
    if (bytes === null) throw new Error(`it unfolds into more than ${STATE_BYTES_MAX} bytes`);
    return unarchiveVm(config, bytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The state in this excerpt is damaged, or of another version: ${reason}`);
  }
}
