export { FAILURES, type Failing, type Failure, type FailureKind, failureOf } from './failing.js';
export { type ShrinkOptions, type Shrunk, shrink, shrinkSteps, TRIES_MAX } from './shrink.js';
export { shrunk } from './shrunk.js';
export { SHRUNK_TEXT_NAMES, SHRUNK_TEXTS, type ShrunkText } from './write/forms.js';
