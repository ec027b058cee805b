import 'reflect-metadata';
import type { AnyEndpoint, Endpoint as EndpointContract, InputOf, OutputOf, TSchema } from '@virga/contract';

const CONTRACT = Symbol('contract');

type HandlerOf<E> = (input: InputOf<E>) => Promise<OutputOf<E>> | OutputOf<E>;

/**
 * Binds a controller's method to a declared endpoint. Route, versions, validation, authentication, policy bookkeeping,
 * metrics and the pruning of replies come from the contract; the method gets one `InputOf<typeof contract>`.
 */
export function Endpoint<Query extends TSchema, Body extends TSchema, Output extends TSchema>(contract: EndpointContract<Query, Body, Output>) {
  return <Method extends HandlerOf<EndpointContract<Query, Body, Output>>>(target: object, _name: string | symbol, descriptor: TypedPropertyDescriptor<Method>): void => {
    Reflect.defineMetadata(CONTRACT, contract, descriptor.value ?? target);
  };
}

/** The contract that a method was bound to, if any. */
export function contractOf(method: object): AnyEndpoint | undefined {
  return Reflect.getMetadata(CONTRACT, method) as AnyEndpoint | undefined;
}
