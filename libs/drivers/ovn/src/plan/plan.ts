import type { RowRef } from '../compile/unit.js';
import { nb } from '../northbound.js';
import type { Operation, Values } from '../ovsdb/operations.js';

/**
 * A transaction in the making. Guards come first, so that they see the database as it was when the plan was made: if any
 * of what the plan rests on has changed since, nothing is written.
 */
export class Plan {
  private readonly guards = new Map<string, Operation>();
  private readonly removals: Operation[] = [];
  private readonly writes: Operation[] = [];
  private readonly links: Operation[] = [];
  private readonly inserted = new Set<string>();
  /** What differs from what should be, in words for operators. */
  readonly problems: string[] = [];

  get isEmpty(): boolean {
    return this.removals.length + this.writes.length + this.links.length === 0;
  }

  /** All operations in order; none at all where nothing is to be changed. */
  operations(comment: string): Operation[] {
    if (this.isEmpty) return [];
    return [...this.guards.values(), ...this.removals, ...this.writes, ...this.links, { op: 'comment', comment }];
  }

  requireRow({ table, uuid }: RowRef, columns: Values): void {
    this.guards.set(`${table}/${uuid}/${Object.keys(columns).join()}`, nb.requireRow(table, uuid, columns));
  }

  requireNoRow({ table, uuid }: RowRef): void {
    this.guards.set(`${table}/${uuid}`, nb.requireNoRow(table, uuid));
  }

  insert({ table, uuid }: RowRef, columns: Values): void {
    this.inserted.add(`${table}/${uuid}`);
    this.writes.push(nb.insert(table, uuid, columns));
  }

  inserts({ table, uuid }: RowRef): boolean {
    return this.inserted.has(`${table}/${uuid}`);
  }

  update({ table, uuid }: RowRef, columns: Values): void {
    this.writes.push(nb.update(table, uuid, columns));
  }

  delete({ table, uuid }: RowRef): void {
    this.removals.push(nb.delete(table, uuid));
  }

  /** Adds to and takes from a column of references. */
  changeSet({ table, uuid }: RowRef, column: string, change: { add?: readonly string[]; remove?: readonly string[] }): void {
    this.links.push(nb.mutateSet(table, uuid, column, change));
  }

  /** Deletes a row whose absence the plan would else rest on. */
  forget(ref: RowRef): void {
    this.guards.delete(`${ref.table}/${ref.uuid}`);
    this.delete(ref);
  }

  /** Takes over everything of another plan. */
  absorb(other: Plan): void {
    for (const [key, guard] of other.guards) this.guards.set(key, guard);
    this.removals.push(...other.removals);
    this.writes.push(...other.writes);
    this.links.push(...other.links);
    for (const key of other.inserted) this.inserted.add(key);
    this.problems.push(...other.problems);
  }
}
