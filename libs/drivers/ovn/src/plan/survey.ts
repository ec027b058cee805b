import { setImmediate } from 'node:timers/promises';
import type { LogicalDrift, LogicalKind } from '@virga/ports';
import { MissingReference, type Owner, type Unit } from '../compile/unit.js';
import { planUnit } from './diff.js';
import type { NorthboundView } from './northbound-view.js';
import { Plan } from './plan.js';
import { planUnexpected, tombstoneOf } from './removal.js';

/** One thing that differs, and what repairs it. */
export interface Finding {
  drift: LogicalDrift;
  plan: Plan;
}

/** How many things are compared in one go: some milliseconds' worth, so that requests do not wait for a large cloud's comparison. */
const BREATH = 100;
/** How much of a difference is told; a thousand rows would help nobody. */
const MOST_PROBLEMS = 8;

/**
 * Compares the whole model, compiled, with the database. `since` is the moment before the model was read: what has changed in
 * the database after it may be newer than the model and is not judged. It lets others work in between; what changes then is
 * newer too.
 */
export async function survey(units: Unit[], view: NorthboundView, since: number): Promise<Finding[]> {
  const findings: Finding[] = [];
  const known = new Set(units.map(keyOf));
  const made = new Plan();
  for (const [index, unit] of units.entries()) {
    if (index % BREATH === BREATH - 1) await setImmediate();
    if (view.hasChangedSince(unit, since) || unit.reads.some(({ table, uuid }) => view.replica.hasChangedSince(table, uuid, since))) continue;
    const finding = examine(unit, view, made);
    if (finding === undefined) continue;
    findings.push(finding);
    made.absorb(finding.plan);
  }
  for (const owner of view.allOwners()) {
    if (known.has(keyOf(owner)) || owner.kind === 'tombstone' || view.hasChangedSince(owner, since)) continue;
    const plan = new Plan();
    planUnexpected(owner, view, plan);
    findings.push({ drift: { ...ref(owner), problem: 'unexpected', detail: view.owned(owner).slice(0, MOST_PROBLEMS).map(({ table, uuid }) => `${table} ${uuid}`).join('; ') }, plan });
  }
  return findings;
}

function examine(unit: Unit, view: NorthboundView, made: Plan): Finding | undefined {
  const plan = new Plan();
  try {
    planUnit(unit, view, plan, made);
  } catch (error) {
    // What it refers to was made after that part of the model was read: both are looked at in the next pass.
    if (error instanceof MissingReference) return undefined;
    throw error;
  }
  if (plan.isEmpty) return undefined;
  const isMissing = view.columns(unit.anchor) === undefined;
  // Older than the model, so the model was restored or the thing has come back: what was gone is no longer.
  if (view.hasTombstone(unit)) plan.forget(tombstoneOf(unit));
  return { drift: { ...ref(unit), problem: isMissing ? 'missing' : 'changed', detail: plan.problems.slice(0, MOST_PROBLEMS).join('; ') }, plan };
}

const keyOf = (owner: Owner): string => `${owner.kind}/${owner.id}`;

/** What the driver needs once belongs, for those who look, to the security groups. */
function ref(owner: Owner): { kind: LogicalKind; id: string } {
  return { kind: owner.kind === 'backend' || owner.kind === 'tombstone' ? 'security-group' : owner.kind, id: owner.id };
}
