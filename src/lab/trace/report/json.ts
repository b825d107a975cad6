import { Command, createJsonWriter } from '../../../mmu/schema/index.js';
import type { KeptCommand } from '../score/score.js';
import type { TraceScore } from './trace-score.js';
import { VmVerdict, verdictOf } from './verdict.js';

const writeCommand = createJsonWriter(Command);
const writeVm = createJsonWriter(VmVerdict);

/** A verdict and the commands it is of, as JSON in pieces: together they may be long. */
export function* scoreJson(score: TraceScore): Generator<string, void> {
  const { vms, ...rest } = verdictOf(score);
  yield `${opened(JSON.stringify(rest))},"vms":[`;
  for (const [index, vm] of vms.entries()) {
    yield `${index === 0 ? '' : ','}${opened(writeVm(vm))},"commands":[`;
    let comma = '';
    for (const kept of score.vms[index]?.commands ?? []) {
      yield comma + keptJson(kept);
      comma = ',';
    }
    yield ']}';
  }
  yield ']}';
}

function keptJson({ command, ...of }: KeptCommand): string {
  return `${opened(JSON.stringify(of))},"command":${writeCommand(command)}}`;
}

/** An object that may go on. */
function opened(json: string): string {
  return json.slice(0, -1);
}
