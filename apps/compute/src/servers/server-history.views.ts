import type { OutputOf, QueryOf, Reply, RequestFacts } from '@virga/contract';
import type { listServerActions, showServerAction } from '@virga/contracts-compute';
import { nextPageUrl } from '@virga/http';
import { Invalid, type Instant } from '@virga/kernel';
import type { ObservedOperation, ObservedStep } from '@virga/operations';
import type { ActionDetails, HistoryQuery } from './server-history.service.js';
import { bareTime, hostId } from './servers.views.js';
import type { Server } from './server.js';

type Body<Output> = Exclude<Output, void | Reply<unknown>>;
type ActionView = Body<OutputOf<typeof listServerActions>>['instanceActions'][number];
type DetailsView = Body<OutputOf<typeof showServerAction>>['instanceAction'];
type EventView = NonNullable<DetailsView['events']>[number];

/** Nova's names where they are not our verbs. */
const NAMES: Readonly<Record<string, string>> = { 'reboot-hard': 'reboot', 'revert-resize': 'revertResize', 'attach-interface': 'attach_interface', 'detach-interface': 'detach_interface', 'create-image': 'createImage', 'create-disk-image': 'createImage' };
const VOLUME_NAMES: Readonly<Record<string, string>> = { attach: 'attach_volume', detach: 'detach_volume', grow: 'extend_volume', swap: 'swap_volume' };

export function actionView(server: Server, operation: ObservedOperation): ActionView {
  return {
    action: actionName(operation), instance_uuid: server.id, request_id: operation.requestId, user_id: operation.userId ?? null,
    project_id: operation.projectId ?? null, start_time: time(operation.createdAt), updated_at: time(operation.updatedAt),
    message: operation.state === 'failed' || operation.state === 'abandoning' ? 'Error' : null,
  };
}

export function actionDetailsView({ server, operation, steps, showsDetails }: ActionDetails): DetailsView {
  return { ...actionView(server, operation), ...(steps && { events: eventsOf(operation, steps).map((step) => eventView(server, step, showsDetails)) }) };
}

/** Nova lists the newest event first; the step at hand comes before those that have ended. */
function eventsOf(operation: ObservedOperation, steps: readonly ObservedStep[]): PresentStep[] {
  const isLive = operation.finishedAt === undefined;
  const present: PresentStep[] = isLive ? [{ step: operation.step, startedAt: operation.stepStartedAt ?? operation.createdAt }] : [];
  return [...present, ...steps.toReversed()];
}

type PresentStep = Pick<ObservedStep, 'step' | 'startedAt'> & Partial<ObservedStep>;

function eventView(server: Server, { step, startedAt, finishedAt, outcome, fault }: PresentStep, showsDetails: boolean): EventView {
  const isError = outcome === 'failed' || outcome === 'superseded';
  return {
    event: `compute_${step.replaceAll('-', '_')}`, start_time: time(startedAt), finish_time: finishedAt === undefined ? null : time(finishedAt),
    result: finishedAt === undefined ? null : isError ? 'Error' : 'Success',
    hostId: hostId(server), details: fault?.message ?? null,
    ...(showsDetails && { traceback: fault === undefined ? null : `${fault.code}: ${fault.message}`, host: server.host }),
  };
}

export function historyQuery(query: QueryOf<typeof listServerActions>): HistoryQuery {
  const changedSince = moment(query['changes-since']);
  const changedBefore = moment(query['changes-before']);
  if (changedSince !== undefined && changedBefore !== undefined && changedSince > changedBefore) {
    throw new Invalid('compute.server.filter', 'The value of changes-since must be less than or equal to changes-before.');
  }
  return { limit: query.limit ?? 0, marker: query.marker, changedSince, changedBefore };
}

/** A link to the rest where a page was asked for and is full. */
export function historyLinks(
  { operations, isFull }: { operations: readonly ObservedOperation[]; isFull: boolean }, query: QueryOf<typeof listServerActions>, request: RequestFacts,
): { links?: { rel: string; href: string }[] } {
  const last = operations.at(-1);
  return query.limit !== undefined && isFull && last !== undefined ? { links: [{ rel: 'next', href: nextPageUrl(request, last.requestId) }] } : {};
}

function actionName({ kind }: ObservedOperation): string {
  const verb = kind.slice(kind.indexOf('.') + 1);
  return (kind.startsWith('block-device.') ? VOLUME_NAMES : NAMES)[verb] ?? verb;
}

const time = (instant: Instant): string => bareTime(new Date(instant)) as string;

function moment(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const instant = Date.parse(text);
  if (Number.isNaN(instant)) throw new Invalid('compute.server.filter', `'${text.slice(0, 40)}' is not a time.`);
  return instant;
}
