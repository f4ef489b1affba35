/** How the HTTP server is reached, beside address, port and names. */
export interface HttpOptions {
  /** Origins whose pages may use it from a browser, like `https://nebula.example`; none when absent. */
  cors_origins?: readonly string[];
  /** Addresses and networks of proxies that are believed in `X-Forwarded-For`; none when absent. */
  trusted_proxies?: readonly string[];
  /** So many requests one address may make in a minute; any number when absent or 0. */
  rate_limit_per_minute?: number;
  /** Plain HTTP when absent. */
  tls?: TlsOptions;
}

/** A certificate, with its chain, and its private key, as PEM. */
export interface TlsPair {
  cert: string;
  key: string;
}

export interface TlsOptions extends TlsPair {
  /** Both as they are now, for a server that runs for longer than its certificate; it may throw. Absent: they stay. */
  read?: () => TlsPair;
}
