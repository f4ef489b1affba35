interface Common {
  /** What it is for and in which unit, for people; begins in lower case. */
  description: string;
  /** The value is never shown. */
  secret?: boolean;
  /** Not read from the file. */
  env_only?: boolean;
}

/** Without a default the key must be set. */
type Presence<V> = { default: V; required?: never } | { required: true; default?: never };

export type TextKey<V extends string = string> = Common &
  Presence<V> & { kind: 'string'; allowed?: readonly V[] };
export type NumberKey = Common &
  Presence<number> & { kind: 'integer' | 'number'; min?: number; max?: number; allowed?: readonly number[] };
export type BooleanKey = Common & Presence<boolean> & { kind: 'boolean' };
/** In the environment the items are separated by commas; blanks around them and empty items don't count. */
export type ListKey = Common & Presence<readonly string[]> & { kind: 'list'; allowed?: readonly string[] };

/** One JSON object; in the environment its text. What may be in it is checked by whoever has the key. */
export type ObjectKey = Common & Presence<Readonly<Record<string, unknown>>> & { kind: 'object' };

export type Key = TextKey | NumberKey | BooleanKey | ListKey | ObjectKey;

type KeyFor<V> = [V] extends [string]
  ? TextKey<V>
  : [V] extends [number]
    ? NumberKey
    : [V] extends [boolean]
      ? BooleanKey
      : [V] extends [readonly string[]]
        ? ListKey
        : [V] extends [Readonly<Record<string, unknown>>]
          ? ObjectKey
          : never;

/**
 * What a program can be configured with. The name of a key is its name in the file; in the environment it is the
 * same in upper case.
 */
export type KeyTable<T> = { readonly [K in keyof T]: KeyFor<T[K]> };

export function environmentName(key: string): string {
  return key.toUpperCase();
}

/** The variable that names a file with the value of a secret key. */
export function secretFileName(key: string): string {
  return `${environmentName(key)}_FILE`;
}

/** The same within an object of the configuration that has keys itself. */
export function secretFileKey(key: string): string {
  return `${key}_file`;
}

/** What a key may be, in words that fit behind "must be". */
export function allowedValues(key: Key): string {
  switch (key.kind) {
    case 'boolean':
      return 'true or false';
    case 'object':
      return 'one JSON object';
    case 'string':
      return key.allowed ? `one of ${key.allowed.join(', ')}` : 'text';
    case 'list':
      return key.allowed ? `a list of ${key.allowed.join(', ')}` : 'a list of texts';
    case 'integer':
    case 'number': {
      if (key.allowed) return `one of ${key.allowed.join(', ')}`;
      const noun = key.kind === 'integer' ? 'a whole number' : 'a number';
      if (key.min !== undefined && key.max !== undefined) return `${noun}, ${key.min} to ${key.max}`;
      if (key.min !== undefined) return `${noun}, at least ${key.min}`;
      return key.max === undefined ? noun : `${noun}, at most ${key.max}`;
    }
  }
}
