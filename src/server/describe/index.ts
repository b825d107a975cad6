export { describeAsyncapi } from './asyncapi.js';
export { describeOpenapi } from './openapi.js';
