export { judgeRecording } from './judge.js';
export { isRecording, RECORDING_FORMAT, type RecordingLike } from './kind.js';
