import { describe, expect, it } from '@jest/globals';
import { parseAppSpec } from '../../libs/contracts/src/index.js';
import { haproxyConfig } from './haproxy-config.mjs';
import { loadBalancerApps } from './load-balancer-apps.mjs';

const NOTHING = { replicas: null, checkPath: null };
const SHOP = { app_name: 'shop', starting_ports: [{ '81': '80' }], containers_per: { server: 2 } };

/** The lines of a config with one of these words in front. */
function lines(config: string, word: string): string[] {
  return config
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith(`${word} `));
}

/** Which port of the proxy leads to which of the replicas. */
function routes(config: string): string[] {
  const [, ...sections] = config.split('\nfrontend ');
  return sections.map((section) => {
    const [, listens] = /^ {2}bind :(\d+)$/m.exec(section) ?? [];
    const [, leads] = /^ {2}server \S+ \S+:(\d+)$/m.exec(section) ?? [];
    return `${listens} to ${leads}`;
  });
}

describe('the configuration of the load balancer', () => {
  it('has a server for each replica, on the port inside the container', () => {
    const config = haproxyConfig([SHOP], NOTHING);
    expect(lines(config, 'server')).toEqual(['server shop-1 shop-1:80', 'server shop-2 shop-2:80']);
    expect(lines(config, 'bind')).toEqual(['bind :80']);
    expect(lines(config, 'option httpchk')).toEqual([]);
  });

  it('asks where the replicas are before the first connection, else a reload answers 503 for a moment', () => {
    for (const line of lines(haproxyConfig([SHOP], NOTHING), 'default-server'))
      expect(line).toMatch(/ init-addr libc,none$/);
  });

  it('has a frontend for each TCP port of each app', () => {
    const dns = { app_name: 'dns', starting_ports: ['53/udp', '853', { '127.0.0.1:8053': '8053/tcp' }] };
    const config = haproxyConfig([SHOP, { ...dns, containers_per: { instance: 1 } }], NOTHING);
    expect(lines(config, 'frontend')).toEqual(['frontend shop-80', 'frontend dns-853', 'frontend dns-8053']);
  });

  it('tries a request as often as there are servers: after a reload all but one may refuse it', () => {
    const before = { ...SHOP, starting_ports: [{ '81': '8080' }] };
    const retries = (replicas: number) =>
      lines(haproxyConfig([{ ...SHOP, before }], { ...NOTHING, replicas }), 'retries');
    expect(retries(1)).toEqual(['retries 4']);
    expect(retries(6)).toEqual(['retries 12']);
    // Each may wait for its time limit, where nobody is at an address any more.
    expect(retries(80)).toEqual(['retries 100']);
  });

  it('checks by a path when one is given', () => {
    const config = haproxyConfig([SHOP], { replicas: 4, checkPath: '/health' });
    expect(lines(config, 'option httpchk')).toEqual(['option httpchk GET /health']);
    expect(lines(config, 'server')).toHaveLength(4);
  });

  it('passes the connections of some ports on as they are, and checks those by connecting', () => {
    const shop = { ...SHOP, starting_ports: [80, 5432] };
    const settings = { replicas: 1, checkPath: '/health', listen: [80, 15432] };
    const plain = haproxyConfig([shop], settings);
    const config = haproxyConfig([shop], { ...settings, tcp: [15432] });
    const [http, tcp] = config.split('\n  mode tcp\n');
    if (http === undefined || tcp === undefined) throw new Error(config);
    expect(http).toBe(`${plain.split('\nfrontend shop-15432\n')[0]}\ndefaults`);
    expect(routes(tcp)).toEqual(['15432 to 5432']);
    expect(tcp).not.toContain('http');
    expect(lines(haproxyConfig([shop], { ...settings, tcp: [80, 15432] }), 'option httpchk')).toEqual([]);
    expect(() => haproxyConfig([shop], { ...settings, tcp: [5432] })).toThrow(
      'the load balancer has no port 5432, which --tcp names, but 80, 15432',
    );
  });

  it('lets a connection be quiet for an hour that was upgraded, or is passed on as it is', () => {
    expect(lines(haproxyConfig([SHOP], NOTHING), 'timeout tunnel')).toEqual(['timeout tunnel 1h']);
    const [, tcp = ''] = haproxyConfig([SHOP], { ...NOTHING, tcp: [80] }).split('\n  mode tcp\n');
    expect(lines(tcp, 'timeout tunnel')).toEqual(['timeout tunnel 1h']);
  });

  it("listens where it is told, in the order of the app's ports", () => {
    const shop = { ...SHOP, starting_ports: ['53/udp', { '81': '8080' }, { '82': '8443' }] };
    const config = haproxyConfig([shop], { ...NOTHING, listen: [80, 443] });
    expect(lines(config, 'bind')).toEqual(['bind :80', 'bind :443']);
    expect(lines(config, 'server')).toEqual([
      ...['server shop-1 shop-1:8080', 'server shop-2 shop-2:8080'],
      ...['server shop-1 shop-1:8443', 'server shop-2 shop-2:8443'],
    ]);
  });

  it('gives each port that it listens on the one of its own place, also where the app has one port twice', () => {
    const shop = { ...SHOP, starting_ports: [{ '80': '8080' }, { '81': '8080' }, { '443': '8443' }] };
    const config = haproxyConfig([shop], { ...NOTHING, replicas: 1, listen: [80, 81, 443] });
    expect(routes(config)).toEqual(['80 to 8080', '81 to 8080', '443 to 8443']);
  });

  it('listens once where an app has a port on two addresses of the server', () => {
    const addresses = [{ '10.0.0.1:80': '8080' }, { '10.0.0.2:80': '8080' }];
    const shop = { ...SHOP, starting_ports: [...addresses, { '443': '8443' }] };
    const listening = (listen: number[] | null) =>
      routes(haproxyConfig([shop], { ...NOTHING, replicas: 1, listen }));
    expect(listening([80, 80, 443])).toEqual(['80 to 8080', '443 to 8443']);
    expect(listening(null)).toEqual(['8080 to 8080', '8443 to 8443']);
  });

  it.each([
    ['too few ports', [80, 443], 'but the load balancer publishes 80, 443'],
    ['too many', [80, 81, 443, 444], 'but the load balancer publishes 80, 81, 443, 444'],
  ])('refuses %s, and names those of both', (_what, listen, message) => {
    const shop = { ...SHOP, starting_ports: ['53/udp', { 80: 8080 }, { '[::1]:81': '8080/tcp' }, 8443] };
    expect(() => haproxyConfig([shop], { ...NOTHING, listen })).toThrow(
      `shop has the TCP ports 80:8080, [::1]:81:8080, 8443:8443 in starting_ports, ${message}`,
    );
  });

  it('refuses one port for two of the app', () => {
    const shop = { ...SHOP, starting_ports: [80, 443] };
    expect(() => haproxyConfig([shop], { ...NOTHING, listen: [80, 80] })).toThrow(
      'shop has both 80 and 443 behind the port 80 of the load balancer',
    );
  });

  it('knows the ports of before, too, where replicas of then may still run', () => {
    const before = { ...SHOP, starting_ports: [{ '81': '8080' }, '82'] };
    const config = haproxyConfig([{ ...SHOP, before }], { ...NOTHING, listen: [8000] });
    expect(lines(config, 'server')).toEqual([
      ...['server shop-1 shop-1:80', 'server shop-1-8080 shop-1:8080'],
      ...['server shop-2 shop-2:80', 'server shop-2-8080 shop-2:8080'],
    ]);
  });

  it.each([
    ['changed one', [{ 81: 80 }], [{ 81: 8080 }], ['8080 was 80']],
    ['changed one and its host port', [{ 81: 80 }], [{ 91: 8080 }], ['8080 was 80']],
    ['changed one of two', [80, 443], [80, 8443], ['8443 was 443']],
    ['changed all', [80, 443], [8080, 8443], ['8080 was 80', '8443 was 443']],
    ['has one more in front', [{ 8001: 8080 }], [{ 9001: 9090 }, { 8001: 8080 }], []],
    ['changed one, and has one more in front', [{ 81: 80 }], [{ 91: 90 }, { 81: 8080 }], ['8080 was 80']],
    ['has one more, and any may be what one was', [80], [8080, 9090], []],
    ['has them in another order', [8080, 9090], [9090, 8080], []],
    [
      'changed all and their order',
      [{ 81: 80 }, { 82: 443 }],
      [{ 82: 90 }, { 81: 91 }],
      ['90 was 443', '91 was 80'],
    ],
    ['has no longer the first', [8080, 9090], [9090], []],
    ['has another one than the first, in another order', [8080, 9090], [9090, 7070], []],
    ['uses one for what another one did', [8080, 9090], [7070, 8080], []],
    [
      'uses one for another, by the host ports',
      [{ 81: 80 }, { 82: 90 }],
      [{ 81: 90 }, { 82: 91 }],
      ['90 was 80'],
    ],
    ['had one of UDP there', [{ 81: '80/udp' }], [{ 81: 8080 }], []],
  ])('knows what a port was, never as one of another service: the app %s', (_what, then, now, known) => {
    const before = { ...SHOP, starting_ports: then };
    const config = haproxyConfig([{ ...SHOP, starting_ports: now, before }], { ...NOTHING, replicas: 1 });
    const sections = config.split('\nbackend ').slice(1);
    const earlier = sections.flatMap((section) => {
      const [port, ...others] = [...section.matchAll(/^ {2}server \S+ shop-1:(\d+)$/gm)].map(
        ([, found]) => found,
      );
      return others.map((other) => `${port} was ${other}`);
    });
    expect(earlier).toEqual(known);
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

describe('the load balancer as apps', () => {
  const whole = { name: 'shop-lb', image: 'haproxy:3.0', publish: [80, 443], config: 'global\n' };

  it('is specs that an api takes, and the configuration is all that differs when it changes', () => {
    const apps = loadBalancerApps(whole);
    expect(apps.map((app) => parseAppSpec(app).ok)).toEqual([true, true]);
    const other = loadBalancerApps({ ...whole, config: 'defaults\n' });
    expect(other[1]).toEqual(apps[1]);
    expect(other[0]).toEqual({ ...apps[0], env_vars: { HAPROXY_CONFIG: 'defaults\n' } });
  });

  it('publishes a port once that stands for two', () => {
    const [, proxy] = loadBalancerApps({ ...whole, publish: [80, 80, 443] });
    expect(proxy).toMatchObject({ starting_ports: [{ 80: '80' }, { 443: '443' }] });
  });

  it('asks for the name of a replica once, for a second, and for no other name', () => {
    for (const app of loadBalancerApps(whole)) {
      expect(app).toMatchObject({ dns_search: ['.'] });
      expect(JSON.stringify(app)).toContain("export RES_OPTIONS='timeout:1 attempts:1'");
    }
  });

  it('refuses a configuration that no program can be given', () => {
    expect(() => loadBalancerApps({ ...whole, config: 'x'.repeat(131_060) })).toThrow(
      'the configuration has 131075 bytes, but at most 131071 can be handed over',
    );
  });
});
