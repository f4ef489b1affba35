/** Undefined when it isn't JSON. What the parser says about that is dropped: it would quote environment values. */
export function decodedJson(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
