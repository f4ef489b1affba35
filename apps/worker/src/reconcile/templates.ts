/** What can be filled into a text of a spec. */
export interface Place {
  /** The server's name. */
  node: string;
  /** 1-based. */
  replica: number;
  app: string;
}

/** A text with `{{.Node}}`, `{{.Replica}}` and `{{.App}}` filled in. Everything else stays as it is. */
export function filledIn(text: string, { node, replica, app }: Place): string {
  const values: Record<string, string> = { Node: node, Replica: String(replica), App: app };
  return text.replace(/\{\{\.(Node|Replica|App)\}\}/g, (_all, name: string) => values[name] ?? '');
}
