import { placement } from '@virga/contracts-compute';
import type { QueryOf, VersionNumber } from '@virga/contract';
import { isUuid } from '@virga/kernel';
import { NO_TRAIT_RULES, parseMemberOf, parseRequired, parseResources, dashed, QueryInvalid, type TraitRules } from './queries.js';
import type { CandidateRequest, RequestGroup } from './candidates.js';

type Query = QueryOf<typeof placement.listCandidates>;

const { placementVersions: versions } = placement;

/** As many as anybody looks at; clients that want fewer say so. */
const MAX_CANDIDATES = 1000;

const PARTS = ['resources', 'required', 'member_of', 'in_tree'] as const;
type Part = (typeof PARTS)[number];
const SINGLES = new Set(['limit', 'group_policy', 'root_required', 'same_subtree']);

type Sent = Partial<Record<Part, string | string[]>>;

/** A request with the trees of its groups still named by any of their providers. */
export function candidateRequest(query: Query, version: VersionNumber): CandidateRequest {
  const sent = groupsOf(query as Record<string, unknown>, version);
  const sameSubtrees = version >= versions.sameSubtree ? subtreesOf(query.same_subtree, sent) : [];
  const groups = [...sent].map(([suffix, parts]) => groupFrom(suffix, parts, version, sameSubtrees.flat()));
  if (!groups.some(({ resources }) => Object.keys(resources).length > 0)) throw new QueryInvalid('All request groups must specify resources.');
  const apart = groups.filter(({ suffix, resources }) => suffix !== '' && Object.keys(resources).length > 0);
  if (apart.length > 1 && query.group_policy === undefined) throw new QueryInvalid('The "group_policy" parameter is required when specifying more than one "resources{N}" parameter.');
  return {
    groups, sameSubtrees, isIsolated: query.group_policy === 'isolate', isNested: version >= versions.nestedCandidates,
    rootTraits: rootTraits(query.root_required, version), limit: Math.min(query.limit ?? MAX_CANDIDATES, MAX_CANDIDATES),
  };
}

function groupsOf(query: Record<string, unknown>, version: VersionNumber): Map<string, Sent> {
  const groups = new Map<string, Sent>();
  for (const [name, value] of Object.entries(query)) {
    if (SINGLES.has(name)) continue;
    const part = PARTS.find((candidate) => name.startsWith(candidate));
    const suffix = part === undefined ? undefined : name.slice(part.length);
    if (part === undefined || suffix === undefined || !isKnown(part, suffix, version)) {
      throw new QueryInvalid(`Invalid query string parameters: Additional properties are not allowed ('${name.slice(0, 80)}' was unexpected)`);
    }
    groups.set(suffix, { ...groups.get(suffix), [part]: value as string | string[] });
  }
  return groups;
}

function isKnown(part: Part, suffix: string, version: VersionNumber): boolean {
  if (part === 'in_tree' && version < versions.candidateTrees) return false;
  if (suffix === '') return true;
  if (version >= versions.namedGroups) return /^[a-zA-Z0-9_-]{1,64}$/.test(suffix);
  return version >= versions.groups && /^[1-9][0-9]{0,8}$/.test(suffix);
}

function groupFrom(suffix: string, sent: Sent, version: VersionNumber, inSubtrees: readonly string[]): RequestGroup {
  const mayBeEmpty = suffix !== '' && inSubtrees.includes(suffix);
  if (sent.resources === undefined && !mayBeEmpty) throw new QueryInvalid(`All request groups must specify resources. Missing: resources${suffix}`);
  const tree = sent.in_tree === undefined ? undefined : single(`in_tree${suffix}`, sent.in_tree);
  if (tree !== undefined && !isUuid(tree)) throw new QueryInvalid(`Expected 'in_tree' parameter to be a uuid. Got: ${tree.slice(0, 64)}`);
  return {
    suffix, resources: sent.resources === undefined ? {} : parseResources(single(`resources${suffix}`, sent.resources)),
    traits: parseRequired(sent.required, version), membership: parseMemberOf(sent.member_of, version), inTree: tree === undefined ? undefined : dashed(tree),
  };
}

function single(name: string, value: string | string[]): string {
  if (Array.isArray(value)) throw new QueryInvalid(`Query parameter '${name}' is specified more than once.`);
  return value;
}

function subtreesOf(values: string | string[] | undefined, sent: ReadonlyMap<string, Sent>): string[][] {
  const subtrees = [values ?? []].flat().map((value) => value.split(',').map((suffix) => suffix.trim()));
  const unknown = subtrees.flat().find((suffix) => suffix === '' || !sent.has(suffix));
  if (unknown !== undefined) throw new QueryInvalid(`Real suffixes should be specified in same_subtree: ${unknown.slice(0, 64)} not found.`);
  return subtrees;
}

function rootTraits(text: string | undefined, version: VersionNumber): TraitRules {
  if (text === undefined || version < versions.rootRequired) return NO_TRAIT_RULES;
  if (text.startsWith('in:')) throw new QueryInvalid('root_required does not know in:.');
  return parseRequired(text, version);
}
