import { beforeEach, expect, it } from '@jest/globals';
import { StoreUnavailableError } from '../store/app-store.js';
import { VerificationClaims } from './verification-claims.js';

/** What the store was told: a region, its apps, and a time. */
let noted: [string, readonly string[], number][];
/** What happens while the store is told. */
let meanwhile: () => void;
let claims: VerificationClaims;

beforeEach(() => {
  noted = [];
  meanwhile = () => undefined;
  claims = new VerificationClaims('eu', {
    noteVerified: async (region, appNames, verifiedAt) => {
      meanwhile();
      noted.push([region, appNames, verifiedAt]);
    },
  });
});

it('what is claimed is open until it is compared', () => {
  for (const app of ['shop', 'web']) claims.claim(app);
  claims.compared('shop', 10);
  expect(claims.open).toEqual(['web']);
});

it('notes all that was compared in one step, with the earliest time, and once', async () => {
  for (const app of ['shop', 'web', 'mail']) claims.claim(app);
  claims.compared('shop', 20);
  claims.compared('web', 10);
  await claims.note();
  expect(noted).toEqual([['eu', ['shop', 'web'], 10]]);
  await claims.note();
  expect(noted).toHaveLength(1);
});

it('notes nothing of what was compared without a claim: another instance has it, or nobody', async () => {
  claims.compared('shop', 10);
  await claims.note();
  expect(noted).toEqual([]);
});

it('what could not be noted is noted by the next call', async () => {
  claims.claim('shop');
  claims.compared('shop', 10);
  meanwhile = () => {
    throw new StoreUnavailableError('away');
  };
  await expect(claims.note()).rejects.toThrow(StoreUnavailableError);
  meanwhile = () => undefined;
  await claims.note();
  expect(noted).toEqual([['eu', ['shop'], 10]]);
});

it('what was compared once more while the store was told is noted again', async () => {
  claims.claim('shop');
  claims.compared('shop', 10);
  meanwhile = () => {
    claims.claim('shop');
    claims.compared('shop', 20);
  };
  await claims.note();
  meanwhile = () => undefined;
  await claims.note();
  expect(noted).toEqual([
    ['eu', ['shop'], 10],
    ['eu', ['shop'], 20],
  ]);
});
