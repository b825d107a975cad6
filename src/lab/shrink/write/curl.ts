import type { Shrunk } from '../shrink.js';

/** A shell script that shows the mistake on a server: it needs curl and jq. */
export function curlScript({ config, commands, failure }: Shrunk): string {
  const lines = [
    '#!/bin/sh',
    `# ${oneLine(failure.message)}`,
    'set -e',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell reads it.
    'URL=${MMULAB_URL:-http://localhost:3000}/v1',
    `VM=$(curl -sf "$URL/vms" -H 'Content-Type: application/json' -d ${quoted(config)} | jq -r .id)`,
    `curl -sf "$URL/vms/$VM/commands" -H 'Content-Type: application/json' -d ${quoted(commands)} |`,
    "  jq '.results[-1]'",
  ];
  return `${lines.join('\n')}\n`;
}

function quoted(value: unknown): string {
  return `'${JSON.stringify(value).replaceAll("'", "'\\''")}'`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}
