/**
 * The end of a text, with so many characters at most and whole lines alone: the rest of a line may be the rest of a
 * secret, which nobody knows any more.
 */
export function wholeLines(text: string, characters: number): string {
  if (text.length <= characters) return text;
  const end = text.slice(-characters - 1);
  const lineEnd = end.search(/[\r\n]/);
  return lineEnd === -1 ? '' : end.slice(lineEnd + 1);
}
