export type { Past, PastCommand, PastEvent, PastRecord } from './past.js';
export { SOURCES, type Source, sourceOfCommand, sourceOfEvent } from './sources.js';
export { commandOf, Why, type WhyAsked, whySteps } from './why.js';
