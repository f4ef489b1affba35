import { listOf } from '../parsing/collections.js';
import { ruleOf, text } from '../parsing/kind.js';
import { isAddress } from './addresses.js';
import { notWithContainerNetwork } from './networks.js';

const DOMAIN =
  /^(\.|[a-zA-Z0-9_]([a-zA-Z0-9_-]*[a-zA-Z0-9_])?(\.[a-zA-Z0-9_]([a-zA-Z0-9_-]*[a-zA-Z0-9_])?)*\.?)$/;
const HOST = /^[a-zA-Z0-9_]([a-zA-Z0-9_.-]*[a-zA-Z0-9_])?$/;
const LONGEST_NAME = 253;

/** With the network of the server, or with none, Docker does as it is told here too. */
export const dns = ruleOf(
  'dns',
  listOf(
    text({
      allowed: 'the address of a name server, like "10.0.0.53"',
      flaw: (value) => (isAddress(value) ? null : 'it is no IP address'),
    }),
    { allowed: 'a list of addresses like "10.0.0.53"', once: (item) => item, examples: [['10.0.0.53']] },
  ),
  { against: notWithContainerNetwork },
);

export const dnsSearch = ruleOf(
  'dnsSearch',
  listOf(
    text({ allowed: 'a domain like "example.com", or "." for none', pattern: DOMAIN, max: LONGEST_NAME }),
    { allowed: 'a list of domains like "example.com"', once: (item) => item, examples: [['example.com']] },
  ),
  { against: notWithContainerNetwork },
);

/** Docker's word for the address of the server. */
const GATEWAY = 'host-gateway';

export const extraHosts = ruleOf(
  'extraHosts',
  listOf(
    text({
      allowed: `"<name>:<address>" with an IP address or "${GATEWAY}", like "db:10.0.0.5"`,
      flaw: (value) => {
        const at = value.indexOf(':');
        if (at < 0) return 'the address is missing';
        const [name, address] = [value.slice(0, at), value.slice(at + 1)];
        if (!HOST.test(name) || name.length > LONGEST_NAME) return 'the name is no host name';
        return address === GATEWAY || isAddress(address) ? null : 'the address is no IP address';
      },
    }),
    {
      allowed: 'a list of names with their addresses, like "db:10.0.0.5"',
      once: (item) => item,
      examples: [['db:10.0.0.5', 'server:host-gateway']],
    },
  ),
  { against: notWithContainerNetwork },
);
