import { STATUS_CODES } from 'node:http';
import { json, type FaultDialect } from './fault-dialect.js';

/** Keystone's envelope (identity API v3, "HTTP Status Codes"). */
export const keystoneDialect: FaultDialect = {
  overLimitStatus: 403,
  render({ status, message }) {
    return json({ error: { code: status, message, title: STATUS_CODES[status] ?? 'Error' } });
  },
};
