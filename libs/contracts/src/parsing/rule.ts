import 'reflect-metadata';
import { registerDecorator } from 'class-validator';
import { kindOf, type Path } from './problem.js';

/** Something wrong inside a field. */
export interface Flaw {
  /** Way from the field to the wrong place; the field itself when absent. */
  at?: Path;
  /** What is wrong and what would be right; reads on from the name of the place. */
  message: string;
}

/** The object that a field belongs to. Its other fields may be wrong too. */
export type Owner = Readonly<Record<string, unknown>>;

/** A rule of ours for one field. */
export interface Rule {
  /** Stable: the key of `customSchemas`. */
  name: string;
  /** What is allowed, in words that fit behind "must be". */
  allowed: string;
  /** JSON Schema of what is allowed, as near as JSON Schema comes. */
  schema: Readonly<Record<string, unknown>>;
  /** Values of this field must not be shown. */
  secret?: boolean;
  /** Every flaw of a value, one by one; nothing when it is right. Never throws. The value is never undefined. */
  check(value: unknown, owner: Owner): Iterable<Flaw>;
}

const RULES = new Map<string, Rule>();

/** Decorates a field that must follow a rule. */
export function Follows(rule: Rule): PropertyDecorator {
  const other = RULES.get(rule.name);
  if (other && other !== rule) throw new Error(`Two rules are called ${rule.name}.`);
  RULES.set(rule.name, rule);
  return (target, property) => {
    registerDecorator({
      name: rule.name,
      target: target.constructor,
      propertyName: String(property),
      validator: {
        validate(value: unknown, args) {
          for (const _ of flawsOf(rule, value, args?.object ?? {})) return false;
          return true;
        },
        defaultMessage: () => `must be ${rule.allowed}`,
      },
    });
  };
}

export function ruleNamed(name: string): Rule | undefined {
  return RULES.get(name);
}

/** All rules that decorate a field of a class that was loaded. */
export function allRules(): Iterable<Rule> {
  return RULES.values();
}

/** Every flaw of the value of a field, a missing one among them. */
export function flawsOf(rule: Rule, value: unknown, owner: object): Iterable<Flaw> {
  if (value === undefined) return [{ message: `is required: ${rule.allowed}` }];
  return rule.check(value, owner as Owner);
}

/** The flaw of a value of the wrong kind. */
export function wrongKind(value: unknown, allowed: string, at: Path = []): Flaw {
  return { at, message: `must be ${allowed}, not ${kindOf(value)}` };
}

/**
 * Checks a list of texts: what is no list or no text is a flaw by itself, every text goes to `check`, whose
 * flaws are those of the item.
 */
export function* checkTexts(
  value: unknown,
  allowed: { list: string; item: string },
  check: (text: string, index: number) => Iterable<string>,
): Generator<Flaw> {
  if (!Array.isArray(value)) {
    yield wrongKind(value, allowed.list);
    return;
  }
  const items: unknown[] = value;
  for (const [index, item] of items.entries()) {
    if (typeof item !== 'string') yield wrongKind(item, allowed.item, [index]);
    else for (const message of check(item, index)) yield { at: [index], message };
  }
}
