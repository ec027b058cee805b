import type { OutputOf, Reply } from '@virga/contract';
import type { showPlacementExplanation } from '@virga/contracts-compute';
import type { Explanation } from '../scheduling/index.js';
import { wireTime } from './servers.views.js';

interface Explained {
  server: { id: string };
  decidedAt: Date;
  explanation: Explanation;
  showsHosts: boolean;
}

/** The tenant sees classes of reasons, the operator each host. */
export function explanationView({ server, decidedAt, explanation, showsHosts }: Explained): Exclude<OutputOf<typeof showPlacementExplanation>, void | Reply<unknown>> {
  return {
    explanation: {
      server_id: server.id, decided_at: wireTime(decidedAt), outcome: explanation.host === null ? 'no-valid-host' : 'placed',
      reasons: explanation.reasons.map(({ reason, hosts, description }) => ({ reason, hosts, description })),
      ...(showsHosts && { host: explanation.host, hosts: explanation.hosts }),
    },
  };
}
