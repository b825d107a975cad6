export { judgeRecording } from './judge.js';
