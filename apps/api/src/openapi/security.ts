import type { INestApplication } from '@nestjs/common';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { DECORATORS, type OpenAPIObject } from '@nestjs/swagger';
import { type Requirement, requirementOfHandler } from '../access/requires.js';

/** Any one of them. */
const LOGINS = [{ basic: [] }, { bearer: [] }];

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** What each handler of an api requires, by operation id. */
export function requirementsOf(api: INestApplication): ReadonlyMap<string, Requirement> {
  const requirements = new Map<string, Requirement>();
  const scanner = new MetadataScanner();
  const controllers = [...api.get(ModulesContainer).values()].flatMap((module) => [
    ...module.controllers.values(),
  ]);
  for (const { metatype } of controllers) {
    const prototype = metatype?.prototype as Record<string, object> | undefined;
    for (const name of prototype ? scanner.getAllMethodNames(prototype) : []) {
      const handler = prototype?.[name];
      if (!handler) continue;
      const operation = Reflect.getMetadata(DECORATORS.API_OPERATION, handler) as
        | { operationId?: string }
        | undefined;
      const requirement = requirementOfHandler(handler);
      if (operation?.operationId && requirement) requirements.set(operation.operationId, requirement);
    }
  }
  return requirements;
}

/** Says of each operation how to log in for it and which right it needs. */
export function declareSecurity(
  document: OpenAPIObject,
  requirements: ReadonlyMap<string, Requirement>,
): void {
  for (const operations of Object.values(document.paths)) {
    for (const method of METHODS) {
      const operation = operations[method];
      const requirement = requirements.get(operation?.operationId ?? '');
      if (!operation || !requirement) continue;
      operation.security = requirement.open ? [] : LOGINS;
      operation.description = [operation.description, needs(requirement)].filter(Boolean).join('\n\n');
    }
  }
}

function needs(requirement: Requirement): string {
  if (requirement.open) return 'Needs no login.';
  const { level, apps } = requirement;
  if (level === 'admin') return 'Needs the right `admin`.';
  const which = {
    named: 'this app',
    each: 'each app that it is about',
    all: 'all apps',
  }[apps];
  return `Needs the right \`${level}\` for ${which}.`;
}
