export { BulkDeletions, plainReason, reasonOf, type Deletion } from './bulk-deletions.js';
export { drawnOut, HEARTBEAT_MS } from './drawn-out.js';
export { Extractions } from './extractions.js';
export { bestFormat, renderReport, statusLine, type Failure, type ReportFormat } from './report.js';
