/** Clusters that trust each other: each knows the other's address, and their operators share a key. */
export interface Realm {
  /** In capitals. */
  name: string;
  /** The key that we sign with, and one that is being phased in or out; both are accepted. */
  keys: readonly string[];
  /** Addresses up to and without `/v1`, by the cluster's name in capitals. */
  clusters: Readonly<Record<string, string>>;
}
