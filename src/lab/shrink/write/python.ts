import type { Shrunk } from '../shrink.js';
import { configsOf, titleOf } from './title.js';

/**
 * A test for pytest or unittest, with the standard library alone, that fails as long as the mistake
 * shows.
 */
export function pythonTest(found: Shrunk): string {
  const { commands, failure, against } = found;
  return `"""${titleOf(failure).replaceAll('\\', '\\\\').replaceAll('"""', "'''")}"""

import json
import os
import unittest
import urllib.request

URL = os.environ.get("MMULAB_URL", "http://localhost:3000") + "/v1"
CONFIGS = json.loads(r'''${JSON.stringify(configsOf(found), null, 2)}''')
COMMANDS = json.loads(r'''${JSON.stringify(commands, null, 2)}''')


def post(path, body):
    request = urllib.request.Request(URL + path, method="POST", data=json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request) as response:
        return json.loads(response.read())


def run_on(config):
    vm = post("/vms", config)["id"]
    return post(f"/vms/{vm}/commands?events=true", COMMANDS)["results"]


class Shrunk(unittest.TestCase):
    def test_commands(self):
${(against === null ? NO_VIOLATION : SAME_OUTCOMES).map((line) => `        ${line}`).join('\n')}


if __name__ == "__main__":
    unittest.main()
`;
}

const NO_VIOLATION = [
  'results = run_on(CONFIGS[0])',
  'self.assertEqual(len(results), len(COMMANDS))',
  'kinds = [frame["event"]["kind"] for result in results for frame in result["events"]]',
  'self.assertNotIn("violation", kinds)',
];

const SAME_OUTCOMES = [
  'one, other = [[result["outcome"] for result in run_on(config)] for config in CONFIGS]',
  'self.assertEqual(one, other)',
];
