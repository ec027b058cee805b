import type { GuestSpec } from '@virga/ports';
import { xml } from './xml.js';

/** The namespace of our element in a domain's `<metadata>`. */
export const METADATA_URI = 'urn:virga:guest:1';
export const METADATA_PREFIX = 'virga';

/** What a domain itself remembers of the server it is, so that it can be found and compared without any database. */
export interface GuestMetadata {
  id: string;
  /** The newest command that was accepted; older ones are refused. */
  generation: number;
  /** The newest command that was carried out completely; what reports say. */
  carriedOut: number;
  name: string;
  projectId: string;
  userId: string;
  flavorName: string;
  imageId: string;
}

/** Metadata of a guest that is being made: its generation is accepted, and nothing is carried out yet. */
export function newMetadata(spec: GuestSpec, carriedOut: number): GuestMetadata {
  const { id, generation, name, projectId, userId, facts } = spec;
  return { id, generation, carriedOut, name, projectId, userId, flavorName: facts.flavorName, imageId: facts.imageId };
}

/** The element as it stands in a definition. */
export function metadataXml(guest: GuestMetadata): string {
  return xml`<virga:guest xmlns:virga="${METADATA_URI}" ${[attributesOf(guest)]}/>`;
}

/** The element as libvirt's setMetadata wants it: it adds prefix and namespace itself, and refuses what has them. */
export function bareMetadataXml(guest: GuestMetadata): string {
  return `<guest ${attributesOf(guest)}/>`;
}

function attributesOf({ id, generation, carriedOut, name, projectId, userId, flavorName, imageId }: GuestMetadata): string {
  return xml`id="${id}" generation="${generation}" carried-out="${carriedOut}" name="${name}" project="${projectId}" user="${userId}" flavor="${flavorName}" image="${imageId}"`;
}
