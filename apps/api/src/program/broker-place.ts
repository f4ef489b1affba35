import { brokerAddress } from '@nebula/messaging';
import { isIPv6 } from 'node:net';

/** The same text for the same node of RabbitMQ, however its address is written. */
export function nodePlace(host: string, port: number): string {
  const address = brokerAddress(host, port);
  const literal = `http://[${address.host}]`;
  const name = isIPv6(address.host) && URL.canParse(literal) ? new URL(literal).hostname : address.host;
  return `${name.toLowerCase()} ${address.port}`;
}

/** The same text for the same management plugin, however its address is written. */
export function pluginPlace(url: string): string {
  return URL.canParse(url) ? new URL(url).href : url;
}
