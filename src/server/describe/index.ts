export { describeAsyncapi } from './asyncapi.js';
export { describeBounds } from './bounds.js';
export { describeOpenapi } from './openapi.js';
