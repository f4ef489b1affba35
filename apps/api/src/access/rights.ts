/** What a caller may do: `read` sees, `write` changes too, `admin` also decides who may do what. */
export const LEVELS = ['read', 'write', 'admin'] as const;
export type Level = (typeof LEVELS)[number];

/** The rights of a caller. */
export interface Rights {
  level: Level;
  /** Names of apps, or `prefix*`, to which the rights are limited; null: all there are. */
  apps: readonly string[] | null;
}

/** Of whom nothing is kept away. */
export const ALL_RIGHTS: Rights = { level: 'admin', apps: null };

export function reaches(level: Level, needed: Level): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(needed);
}

/** Whether an app is one of those that the rights are for. Whether there is such an app makes no difference. */
export function covers({ apps }: Pick<Rights, 'apps'>, appName: string): boolean {
  return apps === null || apps.some((pattern) => matches(pattern, appName));
}

function matches(pattern: string, appName: string): boolean {
  return pattern.endsWith('*') ? appName.startsWith(pattern.slice(0, -1)) : appName === pattern;
}
