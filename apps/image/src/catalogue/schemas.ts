import { CONTAINER_FORMATS, DISK_FORMATS, VISIBILITIES } from '@virga/contracts-image';

const text = (description: string, more: Record<string, unknown> = {}) => ({ type: 'string', description, ...more });
const readOnlyText = (description: string, more: Record<string, unknown> = {}) => ({ type: ['null', 'string'], readOnly: true, description, ...more });
const count = (description: string) => ({ type: 'integer', description });

const image = {
  name: 'image',
  properties: {
    id: text('An identifier for the image', { pattern: '^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$' }),
    name: { type: ['null', 'string'], maxLength: 255, description: 'Descriptive name for the image' },
    status: text('Status of the image', { readOnly: true, enum: ['queued', 'saving', 'active', 'deactivated', 'deleted'] }),
    visibility: text('Scope of image accessibility', { enum: [...VISIBILITIES] }),
    protected: { type: 'boolean', description: 'If true, image will not be deletable.' },
    os_hidden: { type: 'boolean', description: 'If true, image will not appear in default image list response.' },
    checksum: readOnlyText('md5 hash of image contents.', { maxLength: 32 }),
    os_hash_algo: readOnlyText('Algorithm to calculate the os_hash_value', { maxLength: 64 }),
    os_hash_value: readOnlyText('Hexdigest of the image contents using the algorithm specified by the os_hash_algo', { maxLength: 128 }),
    owner: { type: ['null', 'string'], maxLength: 255, description: 'Owner of the image' },
    size: { type: ['null', 'integer'], readOnly: true, description: 'Size of image file in bytes' },
    virtual_size: { type: ['null', 'integer'], readOnly: true, description: 'Virtual size of image in bytes' },
    container_format: { type: ['null', 'string'], enum: [null, ...CONTAINER_FORMATS], description: 'Format of the container' },
    disk_format: { type: ['null', 'string'], enum: [null, ...DISK_FORMATS], description: 'Format of the disk' },
    created_at: text('Date and time of image registration', { readOnly: true }),
    updated_at: text('Date and time of the last image modification', { readOnly: true }),
    tags: { type: 'array', items: { type: 'string', maxLength: 255 }, description: 'List of strings related to the image' },
    stores: text('Store in which image data resides.', { readOnly: true }),
    self: text('An image self url', { readOnly: true }),
    file: text('An image file url', { readOnly: true }),
    schema: text('An image schema url', { readOnly: true }),
    min_ram: count('Amount of ram (in MB) required to boot image.'),
    min_disk: count('Amount of disk space (in GB) required to boot image.'),
  },
  additionalProperties: { type: 'string' },
  links: [{ rel: 'self', href: '{self}' }, { rel: 'enclosure', href: '{file}' }, { rel: 'describedby', href: '{schema}' }],
};

const member = {
  name: 'member',
  properties: {
    created_at: text('Date and time of image member creation'),
    image_id: text('An identifier for the image'),
    member_id: text('An identifier for the image member (tenantId)'),
    status: text('The status of this image member', { enum: ['pending', 'accepted', 'rejected'] }),
    updated_at: text('Date and time of last modification of image member'),
    schema: { readOnly: true, type: 'string' },
  },
};

const listOf = (name: string, entry: object) => ({
  name,
  properties: { [name]: { type: 'array', items: entry }, first: { type: 'string' }, next: { type: 'string' }, schema: { type: 'string' } },
  links: [{ rel: 'first', href: '{first}' }, { rel: 'next', href: '{next}' }, { rel: 'describedby', href: '{schema}' }],
});

/** The JSON schemas that clients read before they speak (image API reference, "Image Schemas"). */
export const SCHEMAS: Readonly<Record<string, object>> = { image, member, images: listOf('images', image), members: listOf('members', member) };
