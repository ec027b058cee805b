import { ConnectorUnusable } from './attachment-faults.js';

/** What we need of a client's connector. */
export interface Connector {
  /** Who may open the volume: the name in the host's certificate. */
  host: string;
  mode: 'rw' | 'ro' | null;
  mountpoint: string | null;
  /** As it was sent, without what is secret. */
  sent: Readonly<Record<string, unknown>>;
}

const HOST = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9])?$/;
/** A connector is kept and shown to operators; clients need a dozen short entries. */
const LARGEST = 8_192;
const SECRET = /pass|secret|token|auth/i;

/** Reads a connector; throws `ConnectorUnusable`. */
export function readConnector(sent: Readonly<Record<string, unknown>>): Connector {
  const { host, mode, mountpoint } = sent;
  if (typeof host !== 'string' || !HOST.test(host)) throw new ConnectorUnusable('the connector must name the host that will open the volume.');
  const kept = Object.fromEntries(Object.entries(sent).filter(([key]) => !SECRET.test(key)));
  if (JSON.stringify(kept).length > LARGEST) throw new ConnectorUnusable(`the connector is longer than ${LARGEST} characters.`);
  return { host, mode: mode === 'ro' || mode === 'rw' ? mode : null, mountpoint: typeof mountpoint === 'string' && mountpoint !== '' ? mountpoint : null, sent: kept };
}

/** The host that an optional connector names; undefined where it names none. */
export function connectorHost(sent: unknown): string | undefined {
  const host = typeof sent === 'object' && sent !== null ? (sent as Record<string, unknown>)['host'] : undefined;
  return typeof host === 'string' && host !== '' ? host : undefined;
}
