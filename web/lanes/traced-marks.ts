import type { TracedCommand } from '../api/wire.js';
import type { Traced } from '../model/trace.js';
import type { Place } from './layout.js';
import type { Row } from './rows.js';

/** A command of a trace, in the head of its vCPU: how it is drawn says how sure it is. */
export interface TracedMark {
  readonly x: number;
  readonly y: number;
  confidence: TracedCommand['confidence'];
}

/** Pixels between two marks: of those that are nearer, the least sure is drawn. */
const APART = 9;
const DOUBT = { seen: 0, inferred: 1, guessed: 2 } as const;

/** Marks of the commands in a window. */
export function tracedMarksIn(traced: Traced, { rows, view, xOf, unit }: Place): TracedMark[] {
  const heads = new Map(
    rows.flatMap((row): [number, Row][] => (row.of.kind === 'vcpu' ? [[row.vcpu, row]] : [])),
  );
  const last = new Map<number, TracedMark>();
  const marks: TracedMark[] = [];
  for (let at = traced.from(Math.floor(view.from)); at < traced.commands.length; at += 1) {
    const { seq, vcpu, confidence } = traced.commands[at] as TracedCommand;
    if (seq > view.to) break;
    const head = heads.get(vcpu);
    if (head === undefined) continue;
    const mark = { x: xOf(seq + 0.5), y: (head.top + head.height / 2) * unit, confidence };
    const before = last.get(vcpu);
    if (before === undefined || mark.x - before.x >= APART) {
      marks.push(mark);
      last.set(vcpu, mark);
    } else if (DOUBT[confidence] > DOUBT[before.confidence]) before.confidence = confidence;
  }
  return marks;
}
