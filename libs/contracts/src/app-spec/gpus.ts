/** One request for devices, as Docker has it. Either `count` (-1 for all) or `device_ids`. */
export interface DeviceRequest {
  driver?: string;
  count?: number;
  device_ids?: string[];
  /** `["gpu"]` when absent. */
  capabilities?: string[];
  options?: Record<string, string>;
}

/** `null` for none, `"all"`, a number of them, or Docker's requests. */
export type Gpus = null | 'all' | number | DeviceRequest[];

/** The requests that a setting stands for. */
export function deviceRequests(gpus: Gpus): DeviceRequest[] {
  if (gpus === null) return [];
  if (gpus === 'all') return [{ count: -1 }];
  return typeof gpus === 'number' ? [{ count: gpus }] : gpus;
}
