export { judgeRecording, RECORDED_KEYS } from './judge.js';
export { isRecording } from './kind.js';
