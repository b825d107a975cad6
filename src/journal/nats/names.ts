/** A character that stands for itself in a subject and in a key. */
const PLAIN = /[A-Za-z0-9_-]/;

/** A name as one token of a subject, whatever characters it has. */
export function tokenOf(name: string): string {
  const bytes = new TextEncoder().encode(name);
  return Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte);
    return PLAIN.test(character) ? character : `=${byte.toString(16).padStart(2, '0')}`;
  }).join('');
}

/** The inverse of {@link tokenOf}. */
export function nameFrom(token: string): string {
  const bytes: number[] = [];
  for (let i = 0; i < token.length; i += 1) {
    if (token[i] === '=') {
      bytes.push(Number.parseInt(token.slice(i + 1, i + 3), 16));
      i += 2;
    } else bytes.push(token.charCodeAt(i));
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

/** The last token of a subject, as the name that it stands for. */
export function lastNameOf(subject: string): string {
  return nameFrom(subject.slice(subject.lastIndexOf('.') + 1));
}
