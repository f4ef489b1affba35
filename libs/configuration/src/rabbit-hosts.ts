import { isIPv6 } from 'node:net';

const RIGHT = 'name, name:port, an IPv4 address or [IPv6]:port, with a port of 1 to 65535';

/**
 * What is wrong with the nodes of `rabbit_host`, a line each. An entry that looks like a URL may hold a password,
 * and so may what a comma in one has cut off, so none of them is shown then.
 */
export function rabbitHostProblems(hosts: readonly string[]): string[] {
  if (hosts.length === 0) return ['rabbit_host is empty but must name at least one node'];
  if (hosts.some((host) => /[/@\s]/.test(host))) {
    return [
      `rabbit_host holds "/", "@" or a blank, as a URL does, but each entry must be ${RIGHT}; user, password, ` +
        'virtual host and TLS have keys of their own',
    ];
  }
  return hosts.flatMap((host) => (isNode(host) ? [] : [`rabbit_host: ${shown(host)} but must be ${RIGHT}`]));
}

function isNode(host: string): boolean {
  if (isIPv6(host)) return true;
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:[\]?#]+))(?::(\d{1,5}))?$/.exec(host) ?? [];
  if (plain === undefined && !(bracketed !== undefined && isIPv6(bracketed))) return false;
  return port === undefined || (Number(port) >= 1 && Number(port) <= 65_535);
}

/** What stands behind a colon is shown only where it is a number. */
function shown(host: string): string {
  const [, name = '', rest = ''] = /^(\[[\da-f:.]*\]|[^:]*)(.*)$/is.exec(host) ?? [];
  if (rest === '' || /^:\d+$/.test(rest)) return `an entry is ${JSON.stringify(host.slice(0, 80))}`;
  return `what follows ${JSON.stringify(name.slice(0, 80))} in an entry is no port`;
}
