import type { Migration } from '@virga/persistence';

export const addShownNics: Migration = {
  name: '0007-add-shown-nics',
  // What replies show of an interface, cut out of network's facts when they arrive: lists of a thousand servers read only that.
  // Interfaces known already are cut the same way here.
  up: `
    ALTER TABLE server_nic ADD COLUMN shown jsonb;
    UPDATE server_nic SET shown = jsonb_build_object(
      'networkName', facts -> 'networkName', 'mac', facts -> 'mac',
      'fixedIps', (SELECT coalesce(jsonb_agg(jsonb_build_object('ip', i -> 'ip', 'version', i -> 'version', 'floatingIps', i -> 'floatingIps')), '[]') FROM jsonb_array_elements(facts -> 'fixedIps') AS i),
      'groups', (SELECT coalesce(jsonb_agg(g -> 'name'), '[]') FROM jsonb_array_elements(facts -> 'securityGroups') AS g))
    WHERE NOT is_gone`,
};
