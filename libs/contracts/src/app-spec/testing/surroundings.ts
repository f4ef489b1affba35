/** What a server has, of which a spec may name something. */
export interface Surroundings {
  image: string;
  /** Networks, each of which is there. */
  networks: readonly string[];
  /** Names of containers whose namespaces may be joined. */
  containers: readonly string[];
  /** Absolute path of a folder. */
  folder: string;
  /** Names of volumes begin with this. */
  volumes: string;
  cores: number;
  /** Of the image. */
  platform: string;
}
