import { Command, createJsonWriter } from '../../../mmu/schema/index.js';
import { hitRatios } from '../score/reuse.js';
import type { VmScore } from '../score/score.js';
import { lacksOf, switchesOf, type TraceScore } from './trace-score.js';

const writeCommand = createJsonWriter(Command);

/** The verdict on a trace as JSON: everything that the text has, and the commands themselves. */
export function scoreJson(score: TraceScore): string {
  const { name, version, census, vms } = score;
  const { lines, lost, backwards, release, isTicks, firstAt, lastAt } = census;
  return JSON.stringify({
    trace: name,
    mmulab: version,
    lines,
    events: Object.fromEntries([...census.events].map(([event, { count }]) => [event, count])),
    notUnderstood: [...census.unread.values()],
    ...{ lost, backwards, release },
    clock: isTicks ? 'ticks' : 'ns',
    ...{ firstAt, lastAt },
    lacks: lacksOf(score),
    vms: vms.map(vmOf),
  });
}

function vmOf(vm: VmScore) {
  const { vm: id, tasks, config, confidence, agreement, reuses, commandCount, leftOut } = vm;
  return {
    ...{ vm: id, tasks, config, switches: switchesOf(vm), confidence },
    agreement,
    roots: reuses.map((reuse) => ({ ...reuse, hitRatios: hitRatios(reuse) })),
    isUncertain: vm.isUncertain,
    policies: { least: policiesOf(vm.ends.least), most: policiesOf(vm.ends.most) },
    ...{ commandCount, leftOut },
    commands: vm.commands.map(({ command, ...of }) => ({
      ...of,
      command: JSON.parse(writeCommand(command)) as unknown,
    })),
  };
}

function policiesOf({ prices, baseline, lanes }: VmScore['ends']['least']) {
  return {
    ...{ prices, baseline },
    lanes: lanes.map(({ name, cost, comparison, counters, firstViolation, failure }) => ({
      ...{ name, cost, comparison, counters, firstViolation, failure },
    })),
  };
}
