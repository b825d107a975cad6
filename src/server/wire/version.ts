import { readFileSync } from 'node:fs';
import { PACKAGE_ROOT } from './package-root.js';

/** Version of the package, and so of the model and the service. */
export const VERSION = (
  JSON.parse(readFileSync(new URL('package.json', PACKAGE_ROOT), 'utf8')) as { version: string }
).version;
