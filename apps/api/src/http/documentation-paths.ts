import { API_PREFIX } from './api-prefix.js';

/** Path of the page on which people try the api. */
export const DOCUMENTATION_PAGE = 'docs';

/** Path of the OpenAPI document. */
export const DOCUMENT_PATH = `${API_PREFIX}/openapi.json`;

/** Whether a route, as the router has it, is the page or one of its files. */
export function isPageOfDocumentation(route: string): boolean {
  return route === `/${DOCUMENTATION_PAGE}` || route.startsWith(`/${DOCUMENTATION_PAGE}/`);
}
