import type { Shrunk } from '../shrink.js';
import { titleOf } from './typescript.js';

/** A test for pytest or unittest, with the standard library alone, that fails as long as the mistake shows. */
export function pythonTest({ config, commands, failure }: Shrunk): string {
  return `"""${titleOf(failure).replaceAll('\\', '\\\\').replaceAll('"""', "'''")}"""

import json
import os
import unittest
import urllib.request

URL = os.environ.get("MMULAB_URL", "http://localhost:3000") + "/v1"
CONFIG = json.loads(r'''${JSON.stringify(config, null, 2)}''')
COMMANDS = json.loads(r'''${JSON.stringify(commands, null, 2)}''')


def post(path, body):
    request = urllib.request.Request(URL + path, method="POST", data=json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request) as response:
        return json.loads(response.read())


class Shrunk(unittest.TestCase):
    def test_commands(self):
        vm = post("/vms", CONFIG)["id"]
        results = post(f"/vms/{vm}/commands", COMMANDS)["results"]
        self.assertEqual(len(results), len(COMMANDS))
        kinds = [frame["event"]["kind"] for result in results for frame in result["events"]]
        self.assertNotIn("violation", kinds)


if __name__ == "__main__":
    unittest.main()
`;
}
