import { writeFileSync } from 'node:fs';
import { describeAsyncapi, describeOpenapi } from '../src/server/describe/index.js';
import { generateClient } from './generate-client.js';

/**
 * Writes openapi.yaml and asyncapi.yaml, and the client that is generated from the former. Must be run
 * after every change of a schema or a route.
 */
const root = new URL('../', import.meta.url);
writeFileSync(new URL('openapi.yaml', root), await describeOpenapi());
writeFileSync(new URL('asyncapi.yaml', root), describeAsyncapi());
writeFileSync(new URL('src/client/api.ts', root), await generateClient());
