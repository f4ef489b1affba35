import type { Key } from './key-table.js';

export type Value = string | number | boolean | string[] | Record<string, unknown>;

/** The value of a key from the text of an environment variable; undefined when the key doesn't allow it. */
export function fromText(key: Key, text: string): Value | undefined {
  switch (key.kind) {
    case 'string':
      return permitted(key, text);
    case 'list':
      return permitted(
        key,
        text
          .split(',')
          .map((item) => item.trim())
          .filter((item) => item !== ''),
      );
    case 'object':
      return objectIn(text);
    case 'boolean':
      return { true: true, '1': true, false: false, '0': false }[text.trim().toLowerCase()];
    case 'integer':
    case 'number':
      return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim())
        ? permitted(key, Number(text))
        : undefined;
  }
}

/** The value of a key from JSON; undefined when the key doesn't allow it. A list may be one text with commas. */
export function fromJson(key: Key, json: unknown): Value | undefined {
  if (key.kind === 'list') {
    if (typeof json === 'string') return fromText(key, json);
    const items: unknown[] = Array.isArray(json) ? json : [null];
    const texts = items.filter((item) => typeof item === 'string');
    return texts.length === items.length ? permitted(key, texts) : undefined;
  }
  if (key.kind === 'object') return isObject(json) ? json : undefined;
  if (key.kind === 'string') return typeof json === 'string' ? permitted(key, json) : undefined;
  if (key.kind === 'boolean') return typeof json === 'boolean' ? json : undefined;
  return typeof json === 'number' ? permitted(key, json) : undefined;
}

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return isObject(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

function permitted(key: Key, value: Value): Value | undefined {
  if (typeof value === 'number' && (key.kind === 'integer' || key.kind === 'number')) {
    if (key.kind === 'integer' ? !Number.isSafeInteger(value) : !Number.isFinite(value)) return undefined;
    if (value < (key.min ?? -Infinity) || value > (key.max ?? Infinity)) return undefined;
  }
  const allowed: readonly unknown[] | undefined = 'allowed' in key ? key.allowed : undefined;
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return !allowed || items.every((item) => allowed.includes(item)) ? value : undefined;
}
