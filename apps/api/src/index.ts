export { ApiModule } from './api.module.js';
export type { ApiOptions, ReadinessCheck } from './api-options.js';
export { ACCESS_KEYS, type AccessConfiguration } from './program/access-keys.js';
export { accessOptions } from './program/access-options.js';
export { accessProblems } from './program/access-problems.js';
export { API_KEYS, type ApiConfiguration } from './program/configuration.js';
export { REGION_KEYS } from './program/regions.js';
export { checkStore } from './store/check-store.js';
export { createApi } from './create-api.js';
export { buildDocument } from './openapi/document.js';
export { type AppRecord, AppStore, StoreUnavailableError } from './store/app-store.js';
export { FleetStore } from './store/fleet-store.js';
export { holdsSecrets } from './store/secrets/holds-secrets.js';
export {
  parseSecretKeys,
  SECRET_KEY_BYTES,
  SECRET_KEY_FORM,
  type SecretKey,
} from './store/secrets/secret-key.js';
export type { StoreOptions } from './store/store-options.js';
