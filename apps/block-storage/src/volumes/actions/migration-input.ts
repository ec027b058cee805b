import { Invalid } from '@virga/kernel';

/** The host of a request that may name a host or a cluster: there are no clusters here. */
export function hostOf({ host, cluster }: { host?: string | null | undefined; cluster?: string | null | undefined }): string {
  if (typeof host === 'string' && host !== '' && !cluster) return host;
  const reason = cluster && !host ? `No available service named '${cluster.slice(0, 255)}'` : 'One and only one of cluster and host must be set.';
  throw new Invalid('block-storage.backend.unknown', `Invalid input received: ${reason}`);
}
