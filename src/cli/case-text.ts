import { step } from '../mmu/index.js';
import { type Command, createJsonWriter, type VmConfig } from '../mmu/schema/index.js';

/** A configuration and commands as the text of a case file. They are run once for its result. */
export async function caseText(config: VmConfig, commands: readonly Command[]): Promise<string> {
  // Most of those who ask need the server for nothing else.
  const { CaseFile, caseFrom, Turns } = await import('../server/index.js');
  const file = await caseFrom({ step, turns: new Turns() }, config, commands);
  return `${createJsonWriter(CaseFile)(file)}\n`;
}
