/**
 * One look at an app and at the configuration of its load balancer.
 */
import { haproxyConfig } from './haproxy-config.mjs';
import { configApp } from './load-balancer-apps.mjs';

/** @import { Api } from './api-client.mjs' */
/** @import { Settings } from './haproxy-config.mjs' */

/**
 * @typedef {object} Followed
 * @property {Api} api
 * @property {string} app
 * @property {Settings} settings
 * @property {{ name: string, image: string }} loadBalancer
 */

/**
 * Changes the configuration where it isn't what follows from the app. Everything else of the app that carries it is whose
 * it is: limits, networks or another image that somebody has given it stay. Where that app is missing, it is made.
 *
 * @param {Followed} followed
 * @returns {Promise<string>} what was done, empty when there was nothing to do
 * @throws {Error} with what the api answers, or what the app lacks
 */
export async function step(followed) {
  const { api, loadBalancer } = followed;
  const config = await configOf(followed);
  const wanted = configApp({ ...loadBalancer, config });
  const { app_name, env_vars } = wanted;
  const there = await api.variables(app_name);
  if (!there) {
    const [item] = await api.apply([wanted]);
    return `${app_name}: ${item?.result}, revision ${item?.revision}`;
  }
  if (there.env_vars['HAPROXY_CONFIG'] === config) return '';
  const { revision } = await api.setVariables(app_name, env_vars);
  return revision === there.revision ? '' : `${app_name}: changed, revision ${revision}`;
}

/**
 * @param {Pick<Followed, 'api' | 'app' | 'settings'>} followed
 * @returns {Promise<string>} text of haproxy.cfg
 * @throws {Error} with what the api answers, or what the app lacks
 */
export async function configOf({ api, app, settings }) {
  return haproxyConfig([await api.app(app)], settings);
}
