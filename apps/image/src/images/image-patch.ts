import { Conflict, Invalid, ownEntry } from '@virga/kernel';
import { ownProperties, PropertyReserved, READ_ONLY, RESERVED_PREFIX, type ImageDescription } from './image.js';

export interface PatchStep {
  op: 'add' | 'replace' | 'remove';
  path: string;
  value?: unknown;
}

const MEDIA_TYPES = ['application/openstack-images-v2.1-json-patch', 'application/openstack-images-v2.0-json-patch'];

/** A step as it comes: in the form of RFC 6902, or of the draft before it. */
export type SentStep = { op?: unknown; path?: unknown; value?: unknown } & { [operation in PatchStep['op']]?: unknown };

/** Reads the steps in the form that the media type names. Throws `Invalid`, with 415 for a media type that is no patch. */
export function patchSteps(steps: readonly SentStep[], mediaType: string): PatchStep[] {
  const type = mediaType.split(';')[0]?.trim() ?? '';
  if (!MEDIA_TYPES.includes(type)) throw new Invalid('request.content-type', `The content type must be ${MEDIA_TYPES[0]}, not '${type.slice(0, 80)}'.`, { status: 415 });
  return steps.map((step) => (type === MEDIA_TYPES[0] ? standardStep(step) : draftStep(step)));
}

function standardStep({ op, path, value }: SentStep): PatchStep {
  if (typeof path !== 'string') throw new Invalid('image.patch.step', "Each step has 'op' and 'path'.");
  return withValue(op as PatchStep['op'], path, value);
}

function draftStep(step: SentStep): PatchStep {
  const operations = (['add', 'replace', 'remove'] as const).filter((op) => typeof step[op] === 'string');
  const [op] = operations;
  if (op === undefined || operations.length > 1) throw new Invalid('image.patch.step', "Each step has one of 'add', 'replace' and 'remove'.");
  return withValue(op, step[op] as string, step.value);
}

function withValue(op: PatchStep['op'], path: string, value: unknown): PatchStep {
  if (op !== 'remove' && value === undefined) throw new Invalid('image.patch.step', `The step '${op}' ${path.slice(0, 80)} needs a value.`);
  return { op, path, value };
}

/** A patch that names something that is not there, or is there already where that matters (RFC 6902 with Glance's rules). */
export class PatchConflict extends Conflict {
  constructor(message: string) {
    super('image.patch.conflict', message);
  }
}

type Reader<Value> = (value: unknown, name: string) => Value;

const text: Reader<string | null> = (value, name) => {
  if (value === null || (typeof value === 'string' && value.length <= 255)) return value;
  throw wrong(name, 'a string of at most 255 characters, or null');
};
const flag: Reader<boolean> = (value, name) => (typeof value === 'boolean' ? value : raise(wrong(name, 'true or false')));
const size: Reader<number> = (value, name) => (Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 31 ? Number(value) : raise(wrong(name, 'a whole number of 0 or more')));
const oneOf = <Word extends string>(words: readonly Word[]): Reader<Word> => (value, name) =>
  words.find((word) => word === value) ?? raise(wrong(name, `one of ${words.join(', ')}`));
const tagList: Reader<string[]> = (value, name) => {
  const isList = Array.isArray(value) && value.length <= 128 && value.every((tag) => typeof tag === 'string' && tag.length <= 255);
  return isList ? [...new Set(value as string[])] : raise(wrong(name, 'a list of at most 128 strings of at most 255 characters'));
};

function raise(error: Error): never {
  throw error;
}

function wrong(name: string, expected: string): Invalid {
  return new Invalid('image.patch.value', `'${name}' must be ${expected}.`);
}

/** Formats are words of two lists; `null` where they are not known yet. */
export interface KnownFormats {
  disk: readonly string[];
  container: readonly string[];
}

/** Applies a patch to a description; answers the new one and throws `Invalid`, `PatchConflict` or `PropertyReserved`. Pure. */
export function patched(description: ImageDescription, steps: readonly PatchStep[], formats: KnownFormats): ImageDescription {
  const result = { ...description, properties: { ...description.properties } };
  for (const step of steps) applyStep(result, step, formats);
  result.properties = ownProperties(result.properties);
  return result;
}

function applyStep(image: ImageDescription, step: PatchStep, formats: KnownFormats): void {
  const name = nameOf(step.path);
  if (READ_ONLY.has(name) || name.startsWith(RESERVED_PREFIX)) throw new PropertyReserved(name);
  const known = ownEntry(KNOWN, name);
  if (known !== undefined) {
    if (step.op === 'remove') throw new PropertyReserved(name);
    known(image, step.value, name, formats);
    return;
  }
  const isThere = Object.hasOwn(image.properties, name);
  if (step.op !== 'add' && !isThere) throw new PatchConflict(`Property '${name}' does not exist.`);
  if (step.op === 'remove') delete image.properties[name];
  else image.properties[name] = step.value as string;
}

const nullable = (read: Reader<string>): Reader<string | null> => (value, name) => (value === null ? null : read(value, name));

const KNOWN: Record<string, (image: ImageDescription, value: unknown, name: string, formats: KnownFormats) => void> = {
  name: (image, value, name) => { image.name = text(value, name); },
  owner: (image, value, name) => { image.ownerId = text(value, name); },
  visibility: (image, value, name) => { image.visibility = oneOf(['public', 'private', 'shared', 'community'])(value, name); },
  protected: (image, value, name) => { image.isProtected = flag(value, name); },
  os_hidden: (image, value, name) => { image.isHidden = flag(value, name); },
  min_disk: (image, value, name) => { image.minDisk = size(value, name); },
  min_ram: (image, value, name) => { image.minRam = size(value, name); },
  disk_format: (image, value, name, formats) => { image.diskFormat = nullable(oneOf(formats.disk))(value, name); },
  container_format: (image, value, name, formats) => { image.containerFormat = nullable(oneOf(formats.container))(value, name); },
  tags: (image, value, name) => { image.tags = tagList(value, name); },
};

/** A pointer of one step (RFC 6901): images are flat. */
function nameOf(path: string): string {
  const match = /^\/([^/]+)$/.exec(path);
  if (match === null) throw new Invalid('image.patch.path', `The path '${path.slice(0, 80)}' must be '/' and the name of an attribute.`);
  return (match[1] as string).replaceAll('~1', '/').replaceAll('~0', '~');
}
