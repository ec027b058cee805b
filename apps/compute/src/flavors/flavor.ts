/** What a server is sized by. Servers copy it, so that a later change or removal does not reach them. */
export interface Flavor {
  /** The id in the API (`flavorid`), chosen by whoever made the flavor. */
  id: string;
  name: string;
  vcpus: number;
  memoryMebibytes: number;
  rootGibibytes: number;
  ephemeralGibibytes: number;
  swapMebibytes: number;
  rxtxFactor: number;
  isPublic: boolean;
  isDisabled: boolean;
  description: string | null;
  extraSpecs: Record<string, string>;
}
