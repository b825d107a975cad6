import { step } from '../mmu/index.js';
import {
  type Command,
  createJsonWriter,
  VmConfig,
  type VmConfigInput,
} from '../mmu/schema/index.js';

/** A configuration and commands as the text of a case file. They are run once for its result. */
export async function caseText({
  config,
  commands,
}: {
  readonly config: VmConfigInput;
  readonly commands: readonly Command[];
}): Promise<string> {
  // The server is loaded only for this.
  const { CaseFile, caseFrom, Turns } = await import('../server/index.js');
  const file = await caseFrom({ step, turns: new Turns() }, VmConfig.parse(config), commands);
  return `${createJsonWriter(CaseFile)(file)}\n`;
}
