import { type AppSpec, type CompactSpec, compactSpec, expandSpec } from '@nebula/contracts';

/**
 * A spec as databases keep it: JSON without the fields that have their default. So an older version, after a way back to
 * it, finds fields that it doesn't know only where somebody uses them.
 */
export function toSpecText(spec: AppSpec | null): string | null {
  return spec && JSON.stringify(compactSpec(spec));
}

/** The inverse of `toSpecText`, also of a text with all fields, as an older version has written it. */
export function fromSpecText(text: string | null): AppSpec | null {
  return text === null ? null : expandSpec(JSON.parse(text) as CompactSpec);
}
