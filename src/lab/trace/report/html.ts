import { wordToHex } from '../../../mmu/index.js';
import { hitRatios, type Reuse, SLOTS_MAX } from '../score/reuse.js';
import { rootOf } from '../score/root-of.js';
import type { VmScore } from '../score/score.js';
import { barPlot, intervalPlot, linePlot, timelinePlot } from './plots.js';
import { scoreText } from './text.js';
import type { TraceScore } from './trace-score.js';

/** Roots that a plot tells apart, and vCPUs that get plots of their own. */
const REUSES_SHOWN = 16;
/** Switches that a timeline draws. */
const MARKS_MAX = 4000;
const PERCENT = 100;

/** The verdict on a trace as one page of HTML with plots, which loads nothing. In pieces. */
export function* scoreHtml(score: TraceScore): Generator<string, void> {
  const title = `Trace ${escaped(score.name)}`;
  yield `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>${title}</title>` +
    `<meta name="viewport" content="width=device-width"><style>${STYLE}</style></head>\n` +
    `<body><h1>${title}</h1>\n`;
  for (const vm of score.vms) yield `${vmPlots(vm, score.vms.length > 1)}\n`;
  yield `<h2>In words</h2>\n<pre>${escaped(scoreText(score))}</pre></body></html>\n`;
}

const STYLE =
  'body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;' +
  'color:#1a1d21;background:#fff}pre{overflow:auto;font-size:13px}svg{max-width:100%;height:auto}' +
  'text{font:12px system-ui,sans-serif;fill:currentColor}' +
  '@media(prefers-color-scheme:dark){body{color:#e6e8ea;background:#15181c}}';

function vmPlots(vm: VmScore, isNamed: boolean): string {
  const reuses = vm.reuses.slice(0, REUSES_SHOWN);
  const heading = isNamed ? `<h2>VM ${vm.vm}</h2>` : '';
  if (reuses.length === 0) return `${heading}<p>No switch of root is in the trace.</p>`;
  return [
    heading,
    figure('Switches that find their root, by previous roots', hitPlot(reuses)),
    figure('How many other roots were used before a root came back', distancePlot(reuses)),
    figure('Cost of each policy in cycles, over both ends', costPlot(vm)),
    figure('Roots over time: what is inferred is hollow', rootsPlot(vm)),
  ].join('\n');
}

function figure(caption: string, plot: string): string {
  return `<figure>${plot}<figcaption>${escaped(caption)}</figcaption></figure>`;
}

function nameOf({ vcpu, mmu }: Reuse): string {
  return `vCPU ${vcpu}, ${mmu === 'cr3' ? 'CR3' : 'EPTP'}`;
}

function hitPlot(reuses: readonly Reuse[]): string {
  const lines = reuses.map((reuse) => ({
    name: nameOf(reuse),
    values: (hitRatios(reuse) ?? []).map((ratio) => ratio * PERCENT),
  }));
  return linePlot(lines, { x: 'previous roots', y: '%', top: PERCENT });
}

function distancePlot(reuses: readonly Reuse[]): string {
  const sums = Array.from({ length: SLOTS_MAX + 2 }, (_, at) =>
    reuses.reduce((sum, { distances }) => sum + (distances[at] ?? 0), 0),
  );
  const first = reuses.reduce((sum, reuse) => sum + reuse.first, 0);
  const names = sums.map((_, at) => (at > SLOTS_MAX ? `>${SLOTS_MAX}` : String(at)));
  return barPlot([...names, 'first'], [...sums, first]);
}

/** Each policy from its cheapest end to its dearest. */
function costPlot({ ends }: VmScore): string {
  return intervalPlot(
    ends.least.lanes.map(({ name, cost }, index) => {
      const most = ends.most.lanes[index]?.cost ?? cost;
      return {
        name: escaped(name),
        low: Math.min(cost.low, most.low),
        high: Math.max(cost.high, most.high),
        value: (cost.total + most.total) / 2,
      };
    }),
  );
}

function rootsPlot({ commands }: VmScore): string {
  const marks: Parameters<typeof timelinePlot>[0][number][] = [];
  for (const { at, vcpu, confidence, command } of commands) {
    if (marks.length === MARKS_MAX) break;
    const root = rootOf(command);
    if (root === null) continue;
    const lane = `${vcpu}${root.mmu === 'eptp' ? ' L2' : ''}`;
    marks.push({ at, lane, key: wordToHex(root.pgd), isHollow: confidence !== 'seen' });
  }
  return timelinePlot(marks);
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
