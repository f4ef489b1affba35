import { expect, test } from '@jest/globals';
import { filledIn } from './templates.js';

const place = { node: 'edge-{{.App}}', replica: 12, app: 'shop' };

test.each([
  ['{{.Node}}', 'edge-{{.App}}'],
  ['{{.App}}-{{.Replica}}.{{.App}}', 'shop-12.shop'],
  ['plain', 'plain'],
  ['', ''],
  ['{{.Other}} {{ .Node }} {.App} {{.app}}', '{{.Other}} {{ .Node }} {.App} {{.app}}'],
])('"%s" becomes "%s": once, and nothing else', (text, filled) => {
  expect(filledIn(text, place)).toBe(filled);
});
