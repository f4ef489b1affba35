import { isAlias, isCollection, isPair, isScalar, type LineCounter } from 'yaml';
import { place, YamlFlaw } from './yaml-flaw.js';

/** Most aliases in one document: the parser's time grows with the square of their number. */
const MOST_ALIASES = 10_000;

/**
 * Looks at a document before its aliases are written out: each stands for all that its anchor has, so a few lines can
 * mean more than fits into any memory.
 */
export class Weigher {
  /** What each anchor stands for; null while that is being weighed. */
  private readonly anchors = new Map<string, number | null>();
  private aliases = 0;

  constructor(
    private readonly lines: LineCounter,
    private readonly largest: number,
  ) {}

  /** About how long a value is in JSON. */
  weigh(node: unknown): number {
    const anchor = isScalar(node) || isCollection(node) ? node.anchor : undefined;
    if (anchor) this.anchors.set(anchor, null);
    const weight = this.own(node);
    if (weight > this.largest) throw this.refusal('its aliases make it too large', node);
    if (anchor) this.anchors.set(anchor, weight);
    return weight;
  }

  private own(node: unknown): number {
    if (isAlias(node)) {
      this.aliases += 1;
      if (this.aliases > MOST_ALIASES) throw this.refusal(`it has more than ${MOST_ALIASES} aliases`, node);
      const weight = this.anchors.get(node.source);
      if (weight === undefined) throw this.refusal('no anchor of that name stands before the alias', node);
      if (weight === null) throw this.refusal('the alias stands within its own anchor', node);
      return weight;
    }
    if (isCollection(node)) {
      const keys = new Set<string>();
      let weight = 2;
      for (const item of node.items) {
        weight += isPair(item) ? this.pair(item, keys) : this.weigh(item);
        if (weight > this.largest) break;
      }
      return weight;
    }
    return isScalar(node) ? String(node.value).length + 2 : 4;
  }

  private pair({ key, value }: { key: unknown; value: unknown }, keys: Set<string>): number {
    const name = isScalar(key) ? String(key.value) : '';
    if (keys.has(name)) throw this.refusal('this key is there already', key);
    keys.add(name);
    return this.weigh(key) + this.weigh(value);
  }

  private refusal(reason: string, node: unknown): YamlFlaw {
    const range = isAlias(node) || isScalar(node) || isCollection(node) ? node.range : null;
    return new YamlFlaw(reason, range ? place(this.lines, range[0]) : undefined);
  }
}
