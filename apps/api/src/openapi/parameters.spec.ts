import { describe, expect, it } from '@jest/globals';
import { parseEtags } from '../apps/etag.js';
import { ETAGS_PATTERN } from './parameters.js';

describe('the pattern of entity tags', () => {
  it.each([
    ...[
      '*',
      ' * ',
      '"7"',
      '"7-mb2k9x1c"',
      'W/"7"',
      '"7","8"',
      '"7" , W/"8"',
      ',"7",',
      ', ,"7", ,"8" ,',
      '""',
      '"\u00e4!#~"',
      '"7"\t',
    ],
    ...[
      '',
      ' ',
      '7',
      "'7'",
      '"7',
      '7"',
      '"7" "8"',
      '**',
      '*,"7"',
      'w/"7"',
      'W/7',
      '"a b"',
      '"\u0100"',
      ',',
      '"7";',
    ],
  ])('takes %j when the api does', (header) => {
    expect(new RegExp(ETAGS_PATTERN, 'u').test(header)).toBe(parseEtags(header) !== null);
  });
});
