import type { FaultRecord, Instant } from '@virga/kernel';
import { all, fragment, type Fragment, type Reader } from '@virga/persistence';
import type { OperationId } from './operation.js';

/** An operation as operators and users see it. */
export interface ObservedOperation {
  id: OperationId;
  kind: string;
  version: number;
  resourceType: string;
  resourceId: string;
  projectId: string | undefined;
  userId: string | undefined;
  requestId: string;
  state: 'running' | 'abandoning' | 'succeeded' | 'failed' | 'superseded';
  step: string;
  attempts: number;
  /** What it waits for, or undefined while it is being worked on. */
  waitingFor: string | undefined;
  /** The process that works on it. */
  worker: string | undefined;
  /** Since when it has been as it is. */
  since: Instant;
  /** When it is looked at next; undefined when it is over. */
  nextTry: Instant | undefined;
  deadlineAt: Instant;
  fault: FaultRecord | undefined;
  createdAt: Instant;
  stepStartedAt: Instant | undefined;
  updatedAt: Instant;
  finishedAt: Instant | undefined;
}

/** A step that came to an end. */
export interface ObservedStep {
  step: string;
  startedAt: Instant;
  finishedAt: Instant;
  outcome: 'done' | 'failed' | 'superseded';
  attempts: number;
  fault: FaultRecord | undefined;
}

export interface OperationFilter {
  kind?: string;
  resourceType?: string;
  resourceId?: string;
  requestId?: string;
  /** Those of resources of this type as well whose parameter has this value: `{ resourceType: 'block-device', param: 'serverId', value }`. */
  orOf?: { resourceType: string; param: string; value: string };
  /** Only live ones, or only those that are over. */
  isLive?: boolean;
  /** Only those that have not changed since. */
  unchangedSince?: Instant;
  createdBefore?: Instant;
  /** Answers the operations after this one in the order of the list. */
  after?: { createdAt: Instant; id: OperationId };
  limit: number;
}

/** Operations that match, the newest first. */
export async function observeOperations(reader: Reader, filter: OperationFilter): Promise<ObservedOperation[]> {
  const rows = await reader.sql<Row>`
    SELECT * FROM operation WHERE ${all(conditions(filter))} ORDER BY created_at DESC, id DESC LIMIT ${filter.limit}`;
  return rows.map(fromRow);
}

/** The ended steps of the given operations, in their order. */
export async function observeSteps(reader: Reader, ids: readonly OperationId[]): Promise<Map<OperationId, ObservedStep[]>> {
  const rows = await reader.sql<StepRow>`SELECT * FROM operation_step WHERE operation_id = ANY(${ids}::uuid[]) ORDER BY operation_id, id`;
  const steps = new Map<OperationId, ObservedStep[]>(ids.map((id) => [id, []]));
  for (const row of rows) {
    const { step, outcome, attempts } = row;
    const times = { startedAt: row.started_at.getTime(), finishedAt: row.finished_at.getTime() };
    steps.get(row.operation_id)?.push({ step, outcome, attempts, ...times, fault: row.fault ?? undefined });
  }
  return steps;
}

/** The live operation of each of the given resources; resources without one are left out. */
export async function liveOperations(reader: Reader, resourceType: string, resourceIds: readonly string[]): Promise<Map<string, ObservedOperation>> {
  const rows = await reader.sql<Row>`
    SELECT * FROM operation WHERE resource_type = ${resourceType} AND resource_id = ANY(${resourceIds}) AND due_at IS NOT NULL`;
  return new Map(rows.map((row) => [row.resource_id, fromRow(row)]));
}

function conditions(filter: OperationFilter): Fragment[] {
  const { kind, requestId, isLive, unchangedSince, createdBefore, after } = filter;
  const parts: (Fragment | undefined)[] = [
    kind === undefined ? undefined : fragment`kind = ${kind}`,
    aboutOf(filter),
    requestId === undefined ? undefined : fragment`request_id = ${requestId}`,
    isLive === undefined ? undefined : isLive ? fragment`due_at IS NOT NULL` : fragment`due_at IS NULL`,
    unchangedSince === undefined ? undefined : fragment`updated_at <= ${new Date(unchangedSince)}`,
    createdBefore === undefined ? undefined : fragment`created_at < ${new Date(createdBefore)}`,
    after === undefined ? undefined : fragment`(created_at, id) < (${new Date(after.createdAt)}, ${after.id})`,
  ];
  return parts.filter((part) => part !== undefined);
}

function aboutOf({ resourceType, resourceId, orOf }: OperationFilter): Fragment | undefined {
  const parts = [
    ...(resourceType === undefined ? [] : [fragment`resource_type = ${resourceType}`]), ...(resourceId === undefined ? [] : [fragment`resource_id = ${resourceId}`]),
  ];
  if (orOf === undefined) return parts.length === 0 ? undefined : all(parts);
  return fragment`((${all(parts)}) OR (resource_type = ${orOf.resourceType} AND params ->> ${orOf.param} = ${orOf.value}))`;
}

interface Row {
  id: OperationId;
  kind: string;
  version: number;
  resource_type: string;
  resource_id: string;
  project_id: string | null;
  user_id: string | null;
  request_id: string;
  state: ObservedOperation['state'];
  step: string;
  attempts: number;
  waiting_for: string | null;
  worker: string | null;
  due_at: Date | null;
  deadline_at: Date;
  fault: FaultRecord | null;
  created_at: Date;
  step_started_at: Date | null;
  updated_at: Date;
  finished_at: Date | null;
}

interface StepRow {
  operation_id: OperationId;
  step: string;
  started_at: Date;
  finished_at: Date;
  outcome: ObservedStep['outcome'];
  attempts: number;
  fault: FaultRecord | null;
}

function fromRow(row: Row): ObservedOperation {
  const { id, kind, version, state, step, attempts } = row;
  return {
    id, kind, version, state, step, attempts, resourceType: row.resource_type, resourceId: row.resource_id,
    projectId: row.project_id ?? undefined, userId: row.user_id ?? undefined, requestId: row.request_id,
    waitingFor: row.worker === null ? row.waiting_for ?? undefined : undefined, worker: row.worker ?? undefined,
    since: row.updated_at.getTime(), nextTry: row.due_at?.getTime(), deadlineAt: row.deadline_at.getTime(), fault: row.fault ?? undefined,
    createdAt: row.created_at.getTime(), stepStartedAt: row.step_started_at?.getTime(), updatedAt: row.updated_at.getTime(),
    finishedAt: row.finished_at?.getTime(),
  };
}
