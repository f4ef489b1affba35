import { Type } from 'class-transformer';
import {
  IsInt,
  IsISO8601,
  IsObject,
  IsString,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { Follows, type Rule, wrongKind } from './rule.js';

/** Kinds of fields that messages are made of. Each decorates a property. */

/** A whole number, exact in JavaScript. */
export function Whole({ min = 0, max = Number.MAX_SAFE_INTEGER } = {}): PropertyDecorator {
  const message = `must be a whole number, ${min} to ${max}`;
  return all(IsInt({ message }), Min(min, { message }), Max(max, { message }));
}

export function Text({ min = 0, max }: { min?: number; max: number }): PropertyDecorator {
  const message = `must be text of ${min} to ${max} characters`;
  return all(IsString({ message }), MinLength(min, { message }), MaxLength(max, { message }));
}

/** An instant in ISO 8601. */
export function Instant(): PropertyDecorator {
  return all(
    IsISO8601(
      { strict: true },
      { message: 'must be an instant in ISO 8601, like "2026-01-31T12:00:00.000Z"' },
    ),
  );
}

/** Null is allowed beside what the other decorators of the field allow. */
export function OrNull(): PropertyDecorator {
  return ValidateIf((_owner, value) => value !== null);
}

/** The field need not be there; what is there, also null, is as the other decorators of the field say. */
export function MayBeAbsent(): PropertyDecorator {
  return ValidateIf((_owner, value) => value !== undefined);
}

/** An object of a decorated class. */
export function Part(cls: () => new () => object): PropertyDecorator {
  return all(
    IsObject(),
    ValidateNested(),
    Type(() => cls()),
  );
}

/** A list of objects of a decorated class. */
export function Parts(cls: () => new () => object, { max }: { max: number }): PropertyDecorator {
  return all(
    Follows(listOfObjects(max)),
    ValidateNested({ each: true }),
    Type(() => cls()),
  );
}

const lists = new Map<number, Rule>();

/** The validator takes a list in a list for an object that is right. */
function listOfObjects(max: number): Rule {
  const allowed = `a list of at most ${max} objects`;
  const rule: Rule = lists.get(max) ?? {
    name: `listOf${max}Objects`,
    allowed,
    schema: { type: 'array', maxItems: max },
    *check(value) {
      if (!Array.isArray(value)) yield wrongKind(value, allowed);
      else if (value.length > max) yield { message: `must be ${allowed}, not of ${value.length}` };
      else {
        const items: unknown[] = value;
        for (const [index, item] of items.entries()) {
          if (Array.isArray(item)) yield wrongKind(item, 'an object', [index]);
        }
      }
    },
  };
  lists.set(max, rule);
  return rule;
}

function all(...decorators: PropertyDecorator[]): PropertyDecorator {
  return (target, property) => {
    for (const decorate of decorators) decorate(target, property);
  };
}
