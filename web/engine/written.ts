import { Unnumbered, unnumbered } from '../../src/lab/index.js';
import { encodeVm } from '../../src/mmu/index.js';
import { Command, VmConfig } from '../../src/mmu/schema/index.js';
import type { WireCaseFile } from '../api/wire.js';
import { digestText, sha256 } from './digest.js';
import type { Recording } from './recording.js';
import type { Turns } from './turns.js';

/**
 * A run as a case file. Its commands run once more, for the digest of what happened.
 *
 * @param mmulab Version that is written into it.
 * @throws {Error} If the run has no beginning of its own.
 */
export async function writtenCase(
  recording: Recording,
  mmulab: string,
  turns: Turns,
): Promise<WireCaseFile> {
  const { config, commands, vm, start } = recording;
  if (start > 0) {
    throw new Error('Cannot write a case file: the run begins amid the past of a VM');
  }
  const events = sha256.create();
  const text = new TextEncoder();
  for (const [index, command] of commands.entries()) {
    const { command: record, events: happened } = recording.doneAt(index);
    const done = unnumbered(command, {
      outcome: record.outcome,
      events: happened.map(({ vcpu, event }) => ({ vcpu, event })),
    });
    events.update(text.encode(JSON.stringify(Unnumbered.encode(done))));
    if (turns.isOver()) await turns.next(index / commands.length);
  }
  return {
    format: 'mmulab-case',
    formatVersion: 1,
    mmulab,
    config: VmConfig.encode(config),
    commands: commands.map((command) => Command.encode(command)),
    expected: {
      state: digestText(sha256(encodeVm(vm).bytes)),
      events: digestText(events.digest()),
    },
  };
}
