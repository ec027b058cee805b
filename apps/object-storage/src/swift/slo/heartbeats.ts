import { Injectable } from '@nestjs/common';
import type { FrontReply } from '../../front/index.js';
import { bestFormat, drawnOut, plainReason, renderReport, statusLine, type ReportFormat } from '../bulk/index.js';
import { asSwiftFault } from '../faults/index.js';
import type { Answer } from '../features/answer.js';
import type { SwiftRequest } from '../request/index.js';
import { SegmentsRefused, wantsHeartbeat } from './slo-plans.js';

/** `multipart-manifest=put&heartbeat=on`: 202 at once, blanks while the segments are looked at, and the outcome as the body. */
@Injectable()
export class Heartbeats {
  answer(request: SwiftRequest, next: Answer): FrontReply | undefined {
    if (!wantsHeartbeat(request)) return undefined;
    const format = bestFormat(request.headers['accept']) ?? 'text/plain';
    return { status: 202, headers: { 'content-type': format }, readsBody: true, body: drawnOut(outcomeOf(request, format, next), { first: ' ', isEager: true }) };
  }
}

async function outcomeOf(request: SwiftRequest, format: ReportFormat, next: Answer): Promise<string> {
  try {
    const { status, headers } = await next(request);
    const facts = { 'Response Status': statusLine(status), 'Response Body': '', Etag: String(headers['etag']), 'Last Modified': String(headers['last-modified']) };
    return renderReport(format, { facts, failures: [] }, 'upload');
  } catch (error) {
    request.front.signal.throwIfAborted();
    const fault = asSwiftFault(error);
    if (fault.status >= 500) request.front.noteFailure(error);
    const failures = fault instanceof SegmentsRefused ? fault.failures : [];
    const words = fault instanceof SegmentsRefused ? undefined : fault.words;
    const facts = { 'Response Status': statusLine(fault.status), 'Response Body': words ?? plainReason(fault.status) };
    return renderReport(format, { facts, failures }, 'upload');
  }
}
