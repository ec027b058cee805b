import { fragment } from '@virga/persistence';
import { Quotas } from '@virga/quota';

/** What the image service limits (Glance's unified limits). */
export const imageQuotas = new Quotas({
  serviceType: 'image',
  resources: [{
    name: 'image_count_total', defaultLimit: 1000, description: 'Images that a project may have',
    usage: (project) => fragment`SELECT count(*) FROM image.image WHERE owner_id = ${project} AND status <> 'deleted'`,
  }],
});
