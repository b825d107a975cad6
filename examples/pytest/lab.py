"""mmulab from Python, with the standard library alone."""

import json
import os
import re
import subprocess
import urllib.error
import urllib.request

SUITE = "suite:invpcid"


class Refused(Exception):
    """A request that was refused; `problem["code"]` is stable."""

    def __init__(self, problem):
        super().__init__(problem["detail"])
        self.problem = problem


class Lab:
    """The server of MMULAB_URL, or one that is started on a free port of this machine."""

    def __init__(self):
        self.url = os.environ.get("MMULAB_URL")
        self.token = os.environ.get("MMULAB_TOKEN")
        self.process = None
        if self.url is None:
            program = os.environ.get("MMULAB", "npx mmulab").split()
            self.process = subprocess.Popen(
                [*program, "serve", "--host", "127.0.0.1", "--port", "0", "--ephemeral"],
                stdout=subprocess.PIPE,
                text=True,
            )
            for line in self.process.stdout:
                listening = re.search(r"Listening at (http://[0-9.:]+)", line)
                if listening:
                    self.url = listening[1]
                    break
            else:
                raise RuntimeError(f"no server: {program} ended with {self.process.wait()}")

    def ask(self, method, path, body=None):
        request = urllib.request.Request(f"{self.url}/v1{path}", method=method)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with urllib.request.urlopen(request) as response:
                return json.loads(response.read() or "null")
        except urllib.error.HTTPError as error:
            raise Refused(json.load(error)) from None

    def create_vm(self, **config):
        key, _, value = SUITE.partition(":")
        return Vm(self, self.ask("POST", "/vms", {"tags": {key: value}, **config})["id"])

    def close(self):
        self.ask("DELETE", f"/vms?tag={SUITE}")
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process.stdout.close()


class Vm:
    def __init__(self, lab, name):
        self.lab, self.path = lab, f"/vms/{name}"

    def run(self, kind, vcpu=0, **fields):
        """One command: its `outcome`, and the `events` that it made."""
        return self.lab.ask("POST", f"{self.path}/vcpus/{vcpu}/{kind}", fields)

    def vcpu(self, index=0):
        return self.lab.ask("GET", f"{self.path}/vcpus/{index}")

    def reset(self):
        return self.lab.ask("POST", f"{self.path}/reset")

    def coverage(self, only, states):
        """Triples of commands that were exercised, or missed."""
        query = f"only={only}&states={states}&limit=1000&waitMs=60000"
        return self.lab.ask("GET", f"{self.path}/coverage?{query}")

    def verify(self, *expect):
        return self.lab.ask("POST", f"{self.path}/verify", {"expect": expect})
