import type { Extent, VolumeKey } from '@virga/ports';
import type { Layer } from './catalog.js';
import type { LayerFiles } from './layer-files.js';
import { qemuImg } from './qemu/qemu-img.js';

/** One line of `qemu-img map --output=json`; `depth` counts from the top which layer of the chain holds the bytes. */
interface MapEntry {
  start: number;
  length: number;
  depth: number;
  present: boolean;
  zero: boolean;
  data: boolean;
}

/** Where a frozen chain holds data. */
export async function extentsOf(files: LayerFiles, chain: Layer[], key: VolumeKey | undefined, signal: AbortSignal): Promise<Extent[]> {
  const entries = await mapOf(files, chain, key, signal);
  return joined(entries.map(({ start, length, zero }) => ({ offset: start, length, kind: zero ? 'zero' : 'data' })));
}

/**
 * What was written in the layers above `since`, which is one of the chain; undefined where it is not. What a layer holds
 * may equal what is below it, so this is where snapshots may differ, never less.
 */
export async function changedExtentsOf(
  files: LayerFiles, chain: Layer[], since: Layer, key: VolumeKey | undefined, signal: AbortSignal,
): Promise<Extent[] | undefined> {
  const layersAbove = chain.findIndex((layer) => layer.id === since.id);
  if (layersAbove === -1) return undefined;
  if (layersAbove === 0) return [];
  const isChanged = (entry: MapEntry): boolean =>
    (entry.present && entry.depth < layersAbove) || entry.start + entry.length > since.sizeBytes;
  const entries = (await mapOf(files, chain, key, signal)).filter(isChanged);
  return joined(entries.map(({ start, length, zero }) => ({ offset: start, length, kind: zero ? 'zero' : 'data' })));
}

async function mapOf(files: LayerFiles, chain: Layer[], key: VolumeKey | undefined, signal: AbortSignal): Promise<MapEntry[]> {
  const image = `json:${JSON.stringify(files.describe(chain))}`;
  return JSON.parse(await qemuImg(['map', '--output=json', image], signal, { passphrase: key?.passphrase })) as MapEntry[];
}

function joined(extents: Extent[]): Extent[] {
  const all: Extent[] = [];
  for (const extent of extents) {
    const last = all.at(-1);
    if (last?.kind === extent.kind && last.offset + last.length === extent.offset) last.length += extent.length;
    else all.push({ ...extent });
  }
  return all;
}
