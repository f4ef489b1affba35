/** What the server knows of its routes, to tell a wrong method from a wrong path. */
export class KnownRoutes {
  private readonly routes = new Map<string, { path: RegExp; methods: Set<string> }>();

  /** @param url in the router's form: `:name` for a part, `*` at the end for the rest */
  add(url: string, methods: string | readonly string[]): void {
    const route = this.routes.get(url) ?? { path: pathPattern(url), methods: new Set<string>() };
    for (const method of [methods].flat()) route.methods.add(method);
    this.routes.set(url, route);
  }

  /** Methods that a path knows, sorted; none when there is no such path. */
  methodsOf(path: string): string[] {
    const methods = new Set<string>();
    for (const route of this.routes.values()) {
      if (route.path.test(path)) for (const method of route.methods) methods.add(method);
    }
    return [...methods].sort();
  }
}

function pathPattern(url: string): RegExp {
  const parts = url.split('/').map((part) => {
    if (part === '*') return '.*';
    return part.startsWith(':') ? '[^/]+' : part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('/')}$`);
}
