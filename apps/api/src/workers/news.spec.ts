import { expect, it } from '@jest/globals';
import { News } from './news.js';

it.each([
  [['shop'], ['shop', 'any']],
  [
    ['other', 'web'],
    ['web', 'any'],
  ],
  [['other'], ['any']],
])('news of %j wake who waits for one of them, or for any: %j', async (apps, woken) => {
  const news = new News();
  const leaving = new AbortController();
  const found: string[] = [];
  const wait = async (name: string, app?: string) => {
    await news.next(60_000, leaving.signal, app);
    found.push(name);
  };
  const others = [wait('shop', 'shop'), wait('web', 'web')];
  // Everybody waits as long at least, so whoever came before has been woken before, if at all.
  const last = wait('any');
  news.announce(apps);
  await last;
  expect(found).toEqual(woken);
  leaving.abort();
  await Promise.all(others);
});
