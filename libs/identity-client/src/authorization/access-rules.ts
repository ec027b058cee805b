import type { Asked } from '@virga/http';
import type { AccessRule } from './authorization.js';

/** An application credential with access rules may ask for what they name and nothing else. */
export function areRulesKept(rules: readonly AccessRule[] | undefined, asked: Asked | undefined): boolean {
  return rules === undefined || (asked !== undefined && rules.some((rule) => allowsRequest(rule, asked)));
}

/**
 * Whether a rule of an application credential covers a request. In its path `*` and `{name}` stand for one segment
 * and `**` for any number (identity API, "Application credentials").
 */
export function allowsRequest(rule: AccessRule, asked: Asked): boolean {
  return rule.service === asked.api && rule.method === asked.method && matches(segmentsOf(rule.path), segmentsOf(asked.path));
}

function segmentsOf(path: string): string[] {
  return path.replace(/(.)\/$/, '$1').split('/');
}

/**
 * Users write the patterns, so this is no regular expression: it goes back only to the last `**`, which takes at most
 * the product of both lengths, whatever they hold.
 */
function matches(pattern: readonly string[], path: readonly string[]): boolean {
  let [at, next] = [0, 0];
  let lastAny: { pattern: number; path: number } | undefined;
  while (next < path.length) {
    if (pattern[at] === '**') {
      lastAny = { pattern: at, path: next };
      at += 1;
    } else if (at < pattern.length && isSegment(pattern[at] as string, path[next] as string)) {
      at += 1;
      next += 1;
    } else if (lastAny !== undefined) {
      lastAny.path += 1;
      [at, next] = [lastAny.pattern + 1, lastAny.path];
    } else {
      return false;
    }
  }
  return pattern.slice(at).every((rest) => rest === '**');
}

function isSegment(pattern: string, segment: string): boolean {
  if (pattern === '*' || /^\{[^{}]*\}$/.test(pattern)) return segment !== '';
  return pattern === segment;
}
