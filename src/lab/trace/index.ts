export { type Census, countUnread, createCensus, type Unread } from './census.js';
export { type DatEvent, datSteps, openDat } from './dat/dat-reader.js';
export { DAT_MAGIC, type DatHead } from './dat/head.js';
export { type ByteSource, DatFlaw, type Decompress, type Decompressors } from './dat/source.js';
export { traceCsv } from './export/csv.js';
export { itfJson } from './export/itf.js';
export { perfettoJson } from './export/perfetto.js';
export type { Fact, Stamp, Take, Task } from './fact.js';
export {
  createReconstruction,
  type Reconstruction,
  TRACED_VMS_MAX,
} from './reconstruct/reconstruct.js';
export type { VmTrace } from './reconstruct/vm.js';
export { CONFIDENCES, type Confidence, type Placed, type Window } from './reconstruct/window.js';
export { RECORDERS, type Recorder, recordingText } from './recording-commands.js';
export { traceCase } from './report/case.js';
export { scoreHtml } from './report/html.js';
export { scoreJson } from './report/json.js';
export { scoreText } from './report/text.js';
export type { TraceScore } from './report/trace-score.js';
export { TraceVerdict, verdictOf } from './report/verdict.js';
export { type Agreement, createAgreement } from './score/agreement.js';
export { kernelOf, type MachineOptions, machineOf } from './score/machine.js';
export { createScore, type ScoreOptions, type ScoreRun, type VmScore } from './score/score.js';
export { createTextReader, type TextReader } from './text/text-reader.js';
