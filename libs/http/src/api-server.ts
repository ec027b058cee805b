import type { IncomingMessage } from 'node:http';
import { Invalid, newRequestId, NotFound } from '@virga/kernel';
import { fastify, type FastifyInstance } from 'fastify';
import type { ApiOptions } from './api-options.js';
import { addBodyParsers } from './body-parsers.js';
import { Dispatcher, type DispatcherParts } from './dispatcher.js';
import { ReplyWriter } from './reply-writer.js';
import { RouteGroup } from './route-group.js';
import { ShownAgain } from './shown-again.js';
import type { BoundEndpoint } from './versioned-endpoint.js';

const DEFAULT_BODY_LIMIT = 1024 * 1024;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
const REQUEST_ID = /^req-[0-9a-f-]{36}$/;

/** Builds the HTTP server of one API: every endpoint's route, 404 and 405 in the service's own words. */
export function apiServer(api: ApiOptions, bound: readonly BoundEndpoint[], parts: DispatcherParts): FastifyInstance {
  const server = fastify({
    bodyLimit: api.bodyLimit ?? DEFAULT_BODY_LIMIT,
    genReqId: ({ headers }) => acceptedRequestId(headers['x-openstack-request-id']) ?? newRequestId(),
    routerOptions: { ignoreTrailingSlash: api.ignoresTrailingSlash ?? true, maxParamLength: 512 },
    exposeHeadRoutes: false,
    requestTimeout: 0,
    keepAliveTimeout: 65_000,
    forceCloseConnections: true,
    rewriteUrl: ({ url = '/' }: IncomingMessage) => api.rewrite?.(url) ?? url,
  });
  addBodyParsers(server);
  const dispatcher = new Dispatcher(api, parts, new ShownAgain(bound));
  const writer = new ReplyWriter(api, parts);
  addRoutes(server, dispatcher, writer, groupsOf(api, bound));
  server.setErrorHandler((error, request, reply) => writer.failure(request, reply, error, { startedAt: performance.now() }));
  server.setNotFoundHandler((request, reply) => writer.failure(
    request, reply, new NotFound('request.path.unknown', 'The resource could not be found.'), { startedAt: performance.now() },
  ));
  return server;
}

/** A caller may bring its own request id, so that one id follows a request through services. */
function acceptedRequestId(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && REQUEST_ID.test(header) ? header : undefined;
}

function groupsOf(api: ApiOptions, bound: readonly BoundEndpoint[]): Map<string, Map<string, RouteGroup>> {
  const paths = new Map<string, Map<string, RouteGroup>>();
  for (const endpoint of bound) {
    const { method, path, spec } = endpoint.contract;
    const url = ((spec.atRoot === true ? '' : api.basePath) + path.replaceAll(/\{(\w+)\}/g, ':$1')).replace(/(.)\/$/, '$1');
    const methods = paths.get(url) ?? new Map<string, RouteGroup>();
    paths.set(url, methods);
    const group = methods.get(method) ?? new RouteGroup(method, url);
    methods.set(method, group);
    group.add(endpoint);
  }
  return paths;
}

function addRoutes(server: FastifyInstance, dispatcher: Dispatcher, writer: ReplyWriter, paths: Map<string, Map<string, RouteGroup>>): void {
  for (const [url, methods] of paths) {
    const allow = [...methods.keys()].join(', ');
    for (const method of METHODS) {
      const group = methods.get(method) ?? (method === 'HEAD' ? methods.get('GET') : undefined);
      if (group !== undefined) {
        server.route({ method, url, handler: (request, reply) => dispatcher.dispatch(group, request, reply) });
        continue;
      }
      server.route({
        method, url,
        handler: (request, reply) => writer.failure(
          request, reply.header('allow', allow), new Invalid('request.method', `The method ${method} is not allowed for this resource.`, { status: 405 }), { startedAt: performance.now() },
        ),
      });
    }
  }
}
