import { writeFileSync } from 'node:fs';
import { describeAsyncapi, describeBounds, describeOpenapi } from '../src/server/describe/index.js';
import { generateClient } from './generate-client.js';

/**
 * Writes openapi.yaml, asyncapi.yaml and docs/bounds.md, and the client that is generated from the first. Must be run
 * after every change of a schema or a route.
 */
const root = new URL('../', import.meta.url);
writeFileSync(new URL('openapi.yaml', root), await describeOpenapi());
writeFileSync(new URL('asyncapi.yaml', root), describeAsyncapi());
writeFileSync(new URL('docs/bounds.md', root), describeBounds());
writeFileSync(new URL('src/client/api.ts', root), await generateClient());
