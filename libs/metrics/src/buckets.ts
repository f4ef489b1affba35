/** Bounds of histograms, seconds, by how long what they measure takes. */
export const buckets = {
  /** An answer of a service near by. */
  call: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  /** A request of a user, or work on a server. */
  work: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  /** A pull, or what a fleet needs for a change. */
  change: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600],
} satisfies Record<string, number[]>;
