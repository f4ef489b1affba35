/** What `{{.Node}}`, `{{.Replica}}` and `{{.App}}` stand for. */
export interface TemplateValues {
  /** Host name of the server. */
  node: string;
  /** Number of the replica, from 1. */
  replica: number;
  app: string;
}

const TEMPLATE = /\{\{\.(Node|Replica|App)\}\}/g;

/** The text with every known template replaced, each by what the values say; everything else stays as it is. */
export function fillTemplates(value: string, { node, replica, app }: TemplateValues): string {
  const values: Readonly<Record<string, string>> = { Node: node, Replica: String(replica), App: app };
  return value.replace(TEMPLATE, (whole, name: string) => values[name] ?? whole);
}

/** Whether a text has something to fill in. */
export function hasTemplate(value: string): boolean {
  return TEMPLATES.some((template) => value.includes(template));
}

/** Names of the templates as users write them. */
export const TEMPLATES = ['{{.Node}}', '{{.Replica}}', '{{.App}}'] as const;
