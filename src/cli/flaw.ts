/** First flaw that a schema found, and where: `0.kind: Invalid input`. */
export function flawIn({ issues }: { issues: readonly Issue[] }): string {
  const [issue] = issues;
  const where = issue?.path.join('.') ?? '';
  return `${where === '' ? '' : `${where}: `}${issue?.message}`;
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}
