/**
 * The size of the app behind the load balancer.
 */

export const REPLICAS = 4;

/** The app is scaled up to so many. */
export const MOST_REPLICAS = 6;
