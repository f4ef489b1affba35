import { AppSpec } from '@nebula/contracts';

/** Answers over HTTP on port 8080, checks its health each second, and stops at once. */
export const TEST_IMAGE = 'nebula-worker-test:1';

/** A spec with the defaults of a user who gives no more than this. */
export function specOf(given: Partial<AppSpec> = {}): AppSpec {
  return Object.assign(new AppSpec(), { app_name: 'shop', docker_image: TEST_IMAGE, ...given });
}
