import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { museumPage } from './museum-page.js';

const file = fileURLToPath(new URL('../docs/museum.md', import.meta.url));
writeFileSync(file, museumPage());
