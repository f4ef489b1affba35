export { parseYaml, parseYamlStream } from './parse-yaml.js';
export { writeYaml } from './write-yaml.js';
export { YamlFlaw } from './yaml-flaw.js';
