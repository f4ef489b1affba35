/** How the HTTP server is reached, beside address, port and names. */
export interface HttpOptions {
  /** Origins whose pages may use it from a browser, like `https://nebula.example`; none when absent. */
  cors_origins?: readonly string[];
  /** Addresses and networks of proxies that are believed in `X-Forwarded-For`; none when absent. */
  trusted_proxies?: readonly string[];
  /** So many requests one address may make in a minute; any number when absent or 0. */
  rate_limit_per_minute?: number;
  /** Certificate, with its chain, and private key, as PEM. Plain HTTP when absent. */
  tls?: { cert: string; key: string };
}
