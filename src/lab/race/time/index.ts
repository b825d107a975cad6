export { createReplay, type Elapsed, elapsedOf, type Replay, replayCommand } from './replay.js';
