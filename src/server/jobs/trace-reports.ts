import {
  itfJson,
  perfettoJson,
  scoreHtml,
  scoreJson,
  scoreText,
  type TraceScore,
  traceCsv,
} from '../../lab/index.js';

/** A form of the verdict on a trace. */
interface ReportForm {
  readonly type: string;
  /** End of the name of its file. */
  readonly ending: string;
  /** The text in pieces: together they may be long. */
  readonly pieces: (score: TraceScore) => Iterable<string>;
}

/** Forms by their names: for a mail, a browser, programs, and other tools. */
export const REPORT_FORMS = {
  text: { type: 'text/plain', ending: 'txt', pieces: (score) => [scoreText(score)] },
  html: { type: 'text/html', ending: 'html', pieces: scoreHtml },
  json: { type: 'application/json', ending: 'json', pieces: scoreJson },
  perfetto: { type: 'application/json', ending: 'perfetto.json', pieces: perfettoJson },
  itf: { type: 'application/json', ending: 'itf.json', pieces: ({ vms: [vm] }) => itfOf(vm) },
  csv: { type: 'text/csv', ending: 'csv', pieces: traceCsv },
} as const satisfies Record<string, ReportForm>;
export type ReportName = keyof typeof REPORT_FORMS;

export const REPORT_NAMES = Object.keys(REPORT_FORMS) as [ReportName, ...ReportName[]];

/** A trace without a VM has no states. */
function itfOf(vm: TraceScore['vms'][number] | undefined): Iterable<string> {
  return vm === undefined ? ['{"vars":[],"states":[]}'] : itfJson(vm);
}
