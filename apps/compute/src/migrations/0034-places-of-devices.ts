import type { Migration } from '@virga/persistence';

export const addPlacesOfDevices: Migration = {
  name: '0034-add-places-of-devices',
  // Where guests find their devices, as hosts say (by a disk's target or a NIC's port), and the tags that servers' creators gave to
  // disks that are no volumes (by target): metadata tells both to guests.
  up: `
    ALTER TABLE guest_observation ADD COLUMN pci_addresses jsonb NOT NULL DEFAULT '{}';
    ALTER TABLE server_request ADD COLUMN local_disk_tags jsonb NOT NULL DEFAULT '{}'`,
};
