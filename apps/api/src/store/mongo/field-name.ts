/** What means something else in the name of a field, and what this encoding itself uses. */
const SPECIAL = /[%.$\0]/g;

/**
 * Any text as the name of a field, in which a dot, a dollar or NUL can't be: these are percent-encoded, and the
 * empty text is `%`.
 */
export function toFieldName(text: string): string {
  return text === '' ? '%' : text.replace(SPECIAL, encode);
}

export function fromFieldName(name: string): string {
  return name === '%' ? '' : name.replace(/%([0-9A-F]{2})/g, (_, code: string) => decode(code));
}

function encode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

function decode(code: string): string {
  return String.fromCharCode(Number.parseInt(code, 16));
}
