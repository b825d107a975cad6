import { expect, test } from 'vitest';
import { OPERATIONS } from '../../src/server/routes/operations.js';
import { describedRoutes } from './described.js';

/** Operations of the server itself, and one that is a stream of all VMs. */
const OVER_HTTP_ALONE = ['followVms', 'getHealth', 'getMetrics', 'getReadiness'];

test('every other operation of openapi.yaml can be asked in the same process', () => {
  const described = [...describedRoutes().routes.keys()].sort();
  expect([...OPERATIONS.keys(), ...OVER_HTTP_ALONE].sort()).toEqual(described);
});
