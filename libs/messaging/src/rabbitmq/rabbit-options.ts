import type { Reconnect } from './backoff.js';
import type { RareLog } from './rare-log.js';

/** How to reach RabbitMQ. Certificates and keys are their text (PEM), not the names of files. */
export interface RabbitOptions {
  /** Names or addresses of the nodes, each with `:port` when it has another. Any of them will do. */
  hosts: string[];
  port: number;
  user: string;
  password: string;
  vhost: string;
  /** How often each side shows that it lives; 0 for never. */
  heartbeat_seconds: number;
  /** With it the connection is encrypted. */
  ssl?: {
    /** Who signed the broker's certificate, when that is not a public authority. */
    ca?: string;
    /** Our own certificate and its key, when the broker asks for one. */
    cert?: string;
    key?: string;
    /** False takes any certificate. */
    verify: boolean;
  };
  /** For people, in the broker's list of connections. */
  connection_name: string;
  /** For connections of one program to one broker: what is wrong is then told once, not by each of them. */
  told?: RareLog;
  /** Called when RabbitMQ refuses the login or has no such virtual host, each time. Must not throw. */
  refused?: () => void;
  /** Waits between two attempts to connect, as far as they are not the usual ones of who connects. */
  reconnect?: Partial<Reconnect>;
}

/**
 * A whole fleet loses its connections at once and must not come back at once. One that is let in by nobody goes on
 * asking: without its user or virtual host each attempt costs the broker 1.2 ms of a core (measured with 3.10), so that
 * with full jitter 10,000 workers, 167 a second at the longest wait, take a fifth of one.
 */
export const DEFAULT_RECONNECT: Reconnect = { first_ms: 1_000, spread_ms: 10_000, longest_ms: 120_000 };

/** Instances of the api are few, so they may come back soon. */
export const API_RECONNECT: Reconnect = { first_ms: 200, spread_ms: 200, longest_ms: 10_000 };
