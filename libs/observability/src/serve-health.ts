import { createServer, type Server } from 'node:http';
import type { Health } from './health.js';
import type { Metrics } from './metrics.js';

/** `GET /healthcheck` and `/metrics` on loopback: an agent has no public port. */
export async function serveHealth(port: number, health: Health, metrics: Metrics): Promise<Server> {
  const server = createServer((request, reply) => void answer(request.url ?? '/', health, metrics).then(({ status, type, body }) => {
    reply.writeHead(status, { 'content-type': type }).end(body);
  }));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return server;
}

async function answer(url: string, health: Health, metrics: Metrics): Promise<{ status: number; type: string; body: string }> {
  if (url === '/metrics') return { status: 200, type: 'text/plain; version=0.0.4', body: await metrics.text() };
  if (url !== '/healthcheck') return { status: 404, type: 'text/plain', body: '' };
  const report = await health.report();
  return { status: report.isHealthy ? 200 : 503, type: 'application/json', body: JSON.stringify(report) };
}
