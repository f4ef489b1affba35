import { describe, expect, it } from '@jest/globals';
import { EventParser } from './event-parser.js';

const TEXT = [
  ':\n\n',
  'id: a-1\nevent: start\ndata: {}\n\n',
  'id: a-2\r\nevent: app\r\ndata: {"x":"ä: b"}\r\n\r\n',
  'data: first\rdata:second\r\r',
  'event: nothing\n\n',
  'id\ndata\n\n',
  'data: not complete\n',
].join('');

const EVENTS = [
  { id: 'a-1', type: 'start', data: '{}' },
  { id: 'a-2', type: 'app', data: '{"x":"ä: b"}' },
  { id: 'a-2', type: 'message', data: 'first\nsecond' },
  { id: '', type: 'message', data: '' },
];

describe('server-sent events', () => {
  it('are read whole', () => {
    expect(new EventParser().push(TEXT)).toEqual(EVENTS);
  });

  it('are read from pieces, wherever they are cut', () => {
    for (let size = 1; size < TEXT.length; size += 1) {
      const parser = new EventParser();
      const events = [];
      for (let at = 0; at < TEXT.length; at += size) events.push(...parser.push(TEXT.slice(at, at + size)));
      expect({ size, events }).toEqual({ size, events: EVENTS });
    }
  });
});
