export { ApiModule } from './api.module.js';
export type { ApiOptions, ReadinessCheck } from './api-options.js';
export { checkStore } from './store/check-store.js';
export { createApi } from './create-api.js';
export { buildDocument } from './openapi/document.js';
export { type AppRecord, AppStore, StoreUnavailableError } from './store/app-store.js';
export { FleetStore } from './store/fleet-store.js';
export { parseSecretKeys, SECRET_KEY_BYTES, type SecretKey } from './store/secrets/secret-key.js';
export type { StoreOptions } from './store/store-options.js';
