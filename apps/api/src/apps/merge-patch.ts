/**
 * Applies a JSON merge patch (RFC 7396): members replace those of the target, null takes them away, objects are
 * merged, everything else (lists too) is replaced as a whole. Neither argument is changed. A loop in place of the
 * RFC's recursion, so that no depth of nesting can exhaust the stack.
 */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result = isObject(target) ? { ...target } : {};
  const open: { into: Members; from: Members }[] = [{ into: result, from: patch }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { into, from } = next;
    for (const [name, value] of Object.entries(from)) {
      if (value === null) delete into[name];
      else if (isObject(value)) {
        const before = Object.hasOwn(into, name) ? into[name] : undefined;
        const merged = isObject(before) ? { ...before } : {};
        set(into, name, merged);
        open.push({ into: merged, from: value });
      } else set(into, name, value);
    }
  }
  return result;
}

type Members = Record<string, unknown>;

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An assignment to `__proto__` would set the prototype. */
function set(members: Members, name: string, value: unknown): void {
  Object.defineProperty(members, name, { value, writable: true, enumerable: true, configurable: true });
}
