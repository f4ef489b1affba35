import { describe, expect, it } from '@jest/globals';
import { ProgressReader } from './pull-progress.js';

function readerOf(...lines: unknown[]): ProgressReader {
  const reader = new ProgressReader();
  for (const line of lines) reader.read(line);
  return reader;
}

const queued = (id: string): unknown => ({ status: 'Pulling fs layer', progressDetail: {}, id });
const downloading = (id: string, current: number, total: number): unknown => ({
  ...{ status: 'Downloading', progressDetail: { current, total }, progress: '[==> ]', id },
});
const there = (id: string): unknown => ({ status: 'Download complete', progressDetail: {}, id });

describe('the progress of a pull', () => {
  it('is the sum over its layers, as far as their sizes are known', () => {
    const lines = [{ status: 'Pulling from team/shop', id: '2' }, queued('a'), queued('b')];
    expect(readerOf(...lines).progress()).toEqual({ downloaded_bytes: 0, known_bytes: 0, all_known: false });
    const begun = [...lines, downloading('a', 10, 100)];
    expect(readerOf(...begun).progress()).toEqual({
      downloaded_bytes: 10,
      known_bytes: 100,
      all_known: false,
    });
    const all = [...begun, there('a'), downloading('b', 5, 50)];
    expect(readerOf(...all).progress()).toEqual({ downloaded_bytes: 105, known_bytes: 150, all_known: true });
  });

  it('counts no layer that was there before, and none twice', () => {
    const extracting = { status: 'Extracting', progressDetail: { current: 1, total: 100 }, id: 'a' };
    const lines = [
      { status: 'Already exists', progressDetail: {}, id: 'z' },
      queued('a'),
      downloading('a', 9, 100),
    ];
    expect(
      readerOf(...lines, there('a'), extracting, { status: 'Pull complete', id: 'a' }).progress(),
    ).toEqual({
      ...{ downloaded_bytes: 100, known_bytes: 100, all_known: true },
    });
  });

  it('goes on when a layer is fetched again', () => {
    const lines = [
      downloading('a', 50, 100),
      { status: 'Retrying in 5 seconds', progressDetail: {}, id: 'a' },
    ];
    expect(readerOf(queued('a'), ...lines, downloading('a', 60, 100)).progress()).toMatchObject({
      downloaded_bytes: 60,
    });
  });

  it('knows when the engine has not begun with any of what is missing', () => {
    expect(readerOf().isQueued).toBe(false);
    expect(readerOf(queued('a'), { status: 'Waiting', id: 'a' }).isQueued).toBe(true);
    expect(readerOf(queued('a'), queued('b'), there('b')).isQueued).toBe(true);
    expect(readerOf(queued('a'), queued('b'), downloading('a', 1, 2)).isQueued).toBe(false);
    expect(readerOf(queued('a'), there('a')).isQueued).toBe(false);
  });

  it.each([
    null,
    7,
    'x',
    {},
    { status: 5, id: 'a' },
    { status: 'Digest: sha256:00' },
    { status: 'New words', id: 'a' },
  ])('is not changed by %j', (line) => {
    expect(readerOf(line).progress()).toEqual({ downloaded_bytes: 0, known_bytes: 0, all_known: true });
  });
});
