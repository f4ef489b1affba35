/** By Docker's name (`nofile`, `nproc` …): one limit, or soft and hard. -1 for no limit. */
export type Ulimits = Record<string, number | { soft: number; hard: number }>;
