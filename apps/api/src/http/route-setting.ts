import { applyDecorators, SetMetadata } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';

/** Key of a handler's metadata that has all settings of its route, since each `RouteConfig` replaces the one before. */
const KEY = 'nebula:route';

/** What a handler says of itself to the HTTP server, beside what it says already. */
export function routeSetting(name: string, value: unknown): MethodDecorator {
  return (target, property, descriptor) => {
    const before = Reflect.getMetadata(KEY, descriptor.value as object) as object | undefined;
    const settings = { ...before, [name]: value };
    applyDecorators(SetMetadata(KEY, settings), RouteConfig(settings))(target, property, descriptor);
  };
}

/** A setting in the configuration of a route; undefined when there is none. */
export function settingOf(config: object | undefined, name: string): unknown {
  return (config as Readonly<Record<string, unknown>> | undefined)?.[name];
}

/** What a handler has said of itself. */
export function settingOfHandler(handler: object, name: string): unknown {
  return settingOf(Reflect.getMetadata(KEY, handler) as object | undefined, name);
}
