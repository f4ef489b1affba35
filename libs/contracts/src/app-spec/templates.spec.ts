import { expect, it } from '@jest/globals';
import { fillTemplates } from './templates.js';

it.each([
  ['{{.App}}-{{.Replica}}.{{.Node}}', 'shop-2.edge-1'],
  ['{{.Replica}}{{.Replica}}', '22'],
  ['{{ .Node }} {{.node}} {{.Other}} {{.Node', '{{ .Node }} {{.node}} {{.Other}} {{.Node'],
  ['', ''],
])('%j becomes %j', (text, expected) => {
  expect(fillTemplates(text, { node: 'edge-1', replica: 2, app: 'shop' })).toBe(expected);
});

it('fills in nothing of what is filled in', () => {
  expect(fillTemplates('{{.App}}', { node: 'edge-1', replica: 2, app: '{{.Node}} $&' })).toBe('{{.Node}} $&');
});
