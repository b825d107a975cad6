export { Story } from './story.js';
export { Timeline, type VcpuTimeline } from './timeline.js';
export { oldestOf, timelineOf, timelineSteps, type WindowAsked } from './timeline-of.js';
export type { Told, ToldEvent } from './told.js';
export { Unnumbered, unnumbered } from './unnumbered.js';
