/** Servers that should share a host, or avoid it. */
export interface ServerGroup {
  id: string;
  projectId: string;
  userId: string;
  name: string;
  policy: 'affinity' | 'anti-affinity' | 'soft-affinity' | 'soft-anti-affinity';
  /** Of anti-affinity: how many may share a host; null means one. */
  maxServerPerHost: number | null;
  /** Ids of the servers that are in it. */
  members: string[];
}
