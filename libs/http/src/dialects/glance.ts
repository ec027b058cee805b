import { STATUS_CODES } from 'node:http';
import { json, unauthenticated, type FaultDialect } from './fault-dialect.js';

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text: string): string => text.replaceAll(/[&<>"]/g, (character) => ESCAPES[character] as string);

/** Glance answers as webob does: a small HTML page, or JSON where the client prefers it. */
export const glanceDialect: FaultDialect = {
  overLimitStatus: 413,
  render({ status, message, accept }) {
    if (status === 401) return unauthenticated(message);
    const title = STATUS_CODES[status] ?? 'Error';
    if (accept.includes('application/json')) return json({ code: `${status} ${title}`, title, message });
    const page = `<html>\n <head>\n  <title>${status} ${title}</title>\n </head>\n <body>\n  <h1>${status} ${title}</h1>\n  ${escape(message)}<br /><br />\n\n\n </body>\n</html>`;
    return { contentType: 'text/html; charset=UTF-8', body: page };
  },
};
