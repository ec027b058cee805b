import { Invalid } from '@virga/kernel';
import type { Arrival } from './consumer.js';
import type { Delivery, ReportDelivery } from './handlers.js';
import { hostOfReport } from './topology.js';

export function delivery({ envelope, earlierTries, signal }: Arrival): Delivery {
  return { id: envelope.id, requestId: envelope.requestId, occurredAt: envelope.occurredAt, earlierTries, signal };
}

/** Throws `Invalid` for a report without a sequence number. */
export function reportDelivery(agent: string, arrival: Arrival): ReportDelivery {
  const { sequence } = arrival.envelope;
  if (sequence === undefined) throw new Invalid('message.report', 'The report has no sequence number.');
  return { ...delivery(arrival), sequence, host: hostOfReport(agent, arrival.routingKey) };
}
