export const CEPH_PACKAGES: readonly string[];
export function ensurePackages(wanted: readonly string[]): Promise<string>;
