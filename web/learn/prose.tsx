/** A sentence of a page of docs/: code between backticks, words in bold or with stress, and links by their words. */
export function Prose({ text }: { readonly text: string }) {
  const parts = text.split(/(`[^`]+`|\*\*[^*]+\*\*|\*[^*]+\*|\[[^\]]+\]\([^)]+\))/);
  return (
    <>
      {parts.map((part, index) => (
        // Pieces of a text that does not change have no key but their place.
        <Piece key={index} part={part} />
      ))}
    </>
  );
}

function Piece({ part }: { readonly part: string }) {
  if (part.startsWith('`')) return <code>{part.slice(1, -1)}</code>;
  if (part.startsWith('**')) return <b>{part.slice(2, -2)}</b>;
  if (part.startsWith('*')) return <em>{part.slice(1, -1)}</em>;
  // The pages of docs/ link to each other by files, which a server does not serve.
  const link = /^\[([^\]]+)\]\(/.exec(part);
  return <>{link === null ? part : link[1]}</>;
}
