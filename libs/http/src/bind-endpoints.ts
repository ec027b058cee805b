import type { AnyEndpoint } from '@virga/contract';
import { Bug } from '@virga/kernel';
import { contractOf } from './endpoint.decorator.js';
import { BoundEndpoint, type Handler } from './versioned-endpoint.js';

/** Finds the handler of every declared endpoint among the controllers; a missing or doubled one stops the start. */
export function bindEndpoints(declared: Readonly<Record<string, AnyEndpoint>>, controllers: readonly object[]): BoundEndpoint[] {
  const handlers = new Map<AnyEndpoint, Handler>();
  for (const controller of controllers) {
    for (const method of methodsOf(controller)) {
      const contract = contractOf(method);
      if (contract === undefined) continue;
      if (handlers.has(contract)) throw new Bug('http.endpoint.doubled', `Two handlers are bound to ${contract.spec.route}.`);
      handlers.set(contract, method.bind(controller) as Handler);
    }
  }
  return Object.entries(declared).map(([name, contract]) => {
    const handler = handlers.get(contract);
    if (handler === undefined) throw new Bug('http.endpoint.unbound', `No handler is bound to ${name} (${contract.spec.route}).`);
    return new BoundEndpoint(contract, handler, name);
  });
}

type Method = (...parameters: never[]) => unknown;

function methodsOf(controller: object): Method[] {
  const prototype = Object.getPrototypeOf(controller) as Record<string, unknown>;
  return Object.getOwnPropertyNames(prototype)
    .filter((name) => name !== 'constructor')
    .map((name) => prototype[name])
    .filter((value): value is Method => typeof value === 'function');
}
