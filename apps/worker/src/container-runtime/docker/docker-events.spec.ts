import { expect, test } from '@jest/globals';
import { readEvent } from './docker-events.js';

const HEX = 'ab'.repeat(32);

const removal = (Action: string, Actor?: object) => readEvent({ Type: 'image', Action, Actor }, 'default');

test.each([
  ['Docker', 'delete', `sha256:${HEX}`],
  ['Podman', 'remove', HEX],
])('the event of an image that is gone has its local id, as %s says it', (_engine, action, ID) => {
  expect(removal(action, { ID })).toEqual({ action: 'delete', app_name: null, image_id: `sha256:${HEX}` });
});

test.each([[undefined], [{}], [{ ID: '' }], [{ ID: 7 }]])(
  'one that does not say which is one all the same',
  (actor) => {
    expect(removal('delete', actor)).toEqual({ action: 'delete', app_name: null });
  },
);

test('what else happens to an image is no event', () => {
  for (const action of ['pull', 'untag', 'tag']) expect(removal(action, { ID: `sha256:${HEX}` })).toBeNull();
});
