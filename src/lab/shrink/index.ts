export { FAILURES, type Failing, type Failure, type FailureKind, failureOf } from './failing.js';
export { type ShrinkOptions, type Shrunk, shrink, TRIES_MAX } from './shrink.js';
export { shrunk } from './shrunk.js';
export { curlScript } from './write/curl.js';
export { kvmUnitTest } from './write/kvm-unit-test.js';
export { pythonTest } from './write/python.js';
export { typescriptTest } from './write/typescript.js';
