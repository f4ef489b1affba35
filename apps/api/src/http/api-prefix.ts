/** Prefix of every path but those of health and documentation. */
export const API_PREFIX = 'api/v3';
