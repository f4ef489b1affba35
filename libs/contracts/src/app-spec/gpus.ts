import { listOf, mapOf, objectOf } from '../parsing/collections.js';
import { byType, choice, number, orNull, ruleOf, text } from '../parsing/kind.js';
import type { Flaw } from '../parsing/rule.js';

/** One request for devices, as Docker has it. Either `count` (-1 for all) or `device_ids`. */
export interface DeviceRequest {
  driver?: string;
  count?: number;
  device_ids?: string[];
  /** `["gpu"]` when absent. */
  capabilities?: string[];
  options?: Record<string, string>;
}

/** `null` for none, `"all"`, a number of them, or Docker's requests. */
export type Gpus = null | 'all' | number | DeviceRequest[];

const MOST = 1_024;
const word = text({ allowed: 'text that is not empty', pattern: /^[^\u0000]+$/ });
const words = (example: string) =>
  listOf(word, { allowed: `a list of texts like "${example}"`, min: 1, once: (item) => item });

const request = objectOf(
  {
    driver: word,
    count: number({ min: 1, max: MOST, also: { value: -1, meaning: 'all' } }),
    device_ids: words('GPU-3faa8b'),
    capabilities: words('gpu'),
    options: mapOf(text({ allowed: 'text' }), {
      allowed: 'an object of text by name',
      name: { schema: { minLength: 1 }, flaw: (name) => (name === '' ? 'must have a name' : null) },
    }),
  },
  { allowed: 'a request like {"count": 1} or {"device_ids": ["0"]}', together: oneOfTwo },
);

const FORM = '"all", a number of them, or a list of requests like {"device_ids": ["0"]}';

export const gpus = ruleOf(
  'gpus',
  orNull(
    byType(
      {
        text: choice(['all']),
        'a number': number({ min: 1, max: MOST }),
        'a list': listOf(request, { allowed: FORM, min: 1 }),
      },
      FORM,
    ),
    'none',
  ),
);

/** The requests that a setting stands for. */
export function deviceRequests(gpus: Gpus): DeviceRequest[] {
  if (gpus === null) return [];
  if (gpus === 'all') return [{ count: -1 }];
  return typeof gpus === 'number' ? [{ count: gpus }] : gpus;
}

function* oneOfTwo({ count, device_ids }: Readonly<Record<string, unknown>>): Generator<Flaw> {
  if ((count === undefined) === (device_ids === undefined)) {
    const found = count === undefined ? 'none of them' : 'both';
    yield { message: `must have exactly one of count and device_ids, not ${found}` };
  }
}
