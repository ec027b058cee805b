/** Every path of the tree becomes the one route that reads it; the operators' own routes stay. */
export function metadataUrl(url: string): string {
  const path = url.split('?', 1)[0] ?? '/';
  return path === '/healthcheck' || path === '/metrics' ? url : `/item?path=${encodeURIComponent(path)}`;
}
