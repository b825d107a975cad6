export { type ArchitectureCase, casesOf, judgeCases } from './architecture/index.js';
export { isRecording, RECORDING_FORMAT, type RecordingLike } from './kind.js';
export { judgeRecording } from './recording/index.js';
export { addVerdict, countSkipped, createVerdict, type Failure, type Verdict } from './verdict.js';
