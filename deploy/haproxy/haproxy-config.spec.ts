import { describe, expect, it } from '@jest/globals';
import { haproxyConfig } from './haproxy-config.mjs';

const NOTHING = { replicas: null, checkPath: null };
const SHOP = { app_name: 'shop', starting_ports: [{ '81': '80' }], containers_per: { server: 2 } };

/** The lines of a config with one of these words in front. */
function lines(config: string, word: string): string[] {
  return config
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith(`${word} `));
}

describe('the configuration of the load balancer', () => {
  it('has a server for each replica, on the port inside the container', () => {
    const config = haproxyConfig([SHOP], NOTHING);
    expect(lines(config, 'server')).toEqual(['server shop-1 shop-1:80', 'server shop-2 shop-2:80']);
    expect(lines(config, 'bind')).toEqual(['bind :80']);
    expect(lines(config, 'option httpchk')).toEqual([]);
  });

  it('has a frontend for each TCP port of each app', () => {
    const dns = { app_name: 'dns', starting_ports: ['53/udp', '853', { '127.0.0.1:8053': '8053/tcp' }] };
    const config = haproxyConfig([SHOP, { ...dns, containers_per: { instance: 1 } }], NOTHING);
    expect(lines(config, 'frontend')).toEqual(['frontend shop-80', 'frontend dns-853', 'frontend dns-8053']);
  });

  it('checks by a path when one is given', () => {
    const config = haproxyConfig([SHOP], { replicas: 4, checkPath: '/health' });
    expect(lines(config, 'option httpchk')).toEqual(['option httpchk GET /health']);
    expect(lines(config, 'server')).toHaveLength(4);
  });

  it.each([
    [{ ...SHOP, networks: ['host'] }, 'shop is in the network "host"'],
    [{ ...SHOP, containers_per: { cpu: 2 } }, 'say with --replicas'],
    [{ ...SHOP, starting_ports: [] }, 'shop has no TCP port in starting_ports'],
  ])('says what %j lacks', (app, message) => {
    expect(() => haproxyConfig([app], NOTHING)).toThrow(message);
  });

  it('says which apps share a port', () => {
    expect(() => haproxyConfig([SHOP, { ...SHOP, app_name: 'web' }], NOTHING)).toThrow(
      'shop and web both have the container port 80',
    );
  });
});
