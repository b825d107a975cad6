import type { Shrunk } from '../shrink.js';
import { configsOf, titleOf } from './title.js';

/**
 * A shell script that shows the mistake on a server, and exits with 1 as long as it does: it needs
 * curl and jq.
 */
export function curlScript(found: Shrunk): string {
  return `#!/bin/sh
# ${titleOf(found.failure)}
# Exits with 1 as long as this shows on the server at MMULAB_URL.
set -eu
URL="\${MMULAB_URL:-http://localhost:3000}/v1"

post() { # path, with the body on standard input
	curl -sS --fail-with-body "$URL/$1" -H 'Content-Type: application/json' -d @-
}

commands() {
	cat <<'JSON'
${JSON.stringify(found.commands)}
JSON
}

run() { # results of the commands, with a configuration on standard input
	vm=$(post vms | jq -r .id)
	commands | post "vms/$vm/commands?events=true"
}

${configsOf(found).map(runLines).join('\n')}
${verdictLines(found).join('\n')}
`;
}

function runLines(config: Shrunk['config'], index: number): string {
  return `results${index}=$(run <<'JSON'\n${JSON.stringify(config)}\nJSON\n)`;
}

function verdictLines({ against }: Shrunk): string[] {
  if (against === null) {
    return [
      `found=$(printf '%s' "$results0" | jq -r '.results[].events[].event | select(.kind == "violation") | .message')`,
      `[ -z "$found" ] || { printf '%s\\n' "$found"; exit 1; }`,
    ];
  }
  const outcomes = (index: number) =>
    `$(printf '%s' "$results${index}" | jq -c '.results[].outcome')`;
  return [
    `[ "${outcomes(0)}" = "${outcomes(1)}" ] || { echo 'The guests see different things'; exit 1; }`,
  ];
}
