import { expect, test } from 'vitest';
import { runCampaign } from '../../stress/fuzz/campaign.js';
import { listen } from './start.js';

test.each([20_261_128, 7])(
  'requests from seed %i are answered as openapi.yaml says',
  async (seed) => {
    const { port } = await listen();
    const { failures } = await runCampaign({ port, seed, first: 1, last: 2000 });
    expect(failures).toEqual([]);
  },
);
