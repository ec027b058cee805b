import type { PortId } from '@virga/kernel';

/** Linux allows interface names of 15 characters, so names carry the beginning of an id; the whole id is in OVS's external_ids. */
const ID_CHARACTERS = 11;

/** The tap of a guest's port, named as in other OpenStack clouds. */
export const tapOf = (portId: PortId): string => `tap${portId.slice(0, ID_CHARACTERS)}`;

/** The OVS internal port through which a network's metadata namespace is reached. */
export const metadataDeviceOf = (networkId: string): string => `mdt${networkId.slice(0, ID_CHARACTERS)}`;
