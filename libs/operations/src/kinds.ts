import { Bug } from '@virga/kernel';
import type { AnyOperation, OperationClass } from './operation.js';

/** Which kinds may overtake which live ones on the same resource: `{ 'server.delete': ['server.create', 'server.reboot'] }`; `*` is every other kind. */
export type Overtakes = Readonly<Record<string, readonly string[] | '*'>>;

/** The kinds of operations that this process can start and run. */
export class Kinds {
  private readonly byClass = new Map<unknown, AnyOperation>();
  private readonly byKey = new Map<string, AnyOperation>();

  constructor(private readonly overtakes: Overtakes = {}) {}

  /** `kind/version` of every kind. */
  get known(): readonly string[] {
    return [...this.byKey.keys()];
  }

  /** Makes an operation known; twice the same kind and version is a bug. */
  register(operation: AnyOperation): void {
    const key = `${operation.kind}/${operation.version}`;
    if (this.byKey.has(key)) throw new Bug('operation.kind.twice', `Two operations are called ${key}.`);
    requireSound(operation);
    this.byKey.set(key, operation);
    this.byClass.set(operation.constructor, operation);
  }

  of<Kind extends AnyOperation>(kind: OperationClass<Kind>): Kind {
    const operation = this.byClass.get(kind);
    if (operation === undefined) throw new Bug('operation.kind.unknown', `${kind.name} is not registered with this process.`);
    return operation as Kind;
  }

  find(row: { kind: string; version: number }): AnyOperation | undefined {
    return this.byKey.get(`${row.kind}/${row.version}`);
  }

  mayOvertake(newer: string, older: string): boolean {
    const allowed = this.overtakes[newer] ?? [];
    return newer !== older && (allowed === '*' || allowed.includes(older));
  }
}

const KIND = /^[a-z][a-z-]*\.[a-z][a-z-]*$/;

function requireSound(operation: AnyOperation): void {
  const names = operation.steps.map(({ name }) => name);
  if (!KIND.test(operation.kind)) throw new Bug('operation.kind.malformed', `'${operation.kind}' is not of the form <resource type>.<verb>.`);
  if (names.length === 0 || new Set(names).size !== names.length) throw new Bug('operation.steps', `${operation.kind} needs steps with distinct names.`);
}

/** The type of the resource that a kind works on. */
export function resourceTypeOf(kind: string): string {
  return kind.slice(0, kind.indexOf('.'));
}
