/**
 * Docker's: `always`, `unless-stopped`, `on-failure`, `on-failure:<most tries>` or `no`. With `no` and `on-failure` a
 * container whose program has ended is done, and is not started again by the worker either.
 */
export type RestartPolicy = string;
