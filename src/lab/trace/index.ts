export { type Census, createCensus, type Unread } from './census.js';
export type { Fact, Stamp, Take, Task } from './fact.js';
export { createTextReader, type TextReader } from './text/text-reader.js';
