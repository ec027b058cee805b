import { endpoint, T } from '@virga/contract';
import {
  CreateImageBody, CreateMemberBody, Image, ImageList, ImagePatch, ListImagesQuery, Member, MemberList, UpdateMemberBody,
} from './image.schema.js';
import * as rules from './rules.js';

const Document = T.Object({}, { additionalProperties: true });

export const listVersionsAtRoot = endpoint({ route: 'GET /', atRoot: true, summary: 'List API versions', view: Document, replies: 300, policy: 'public' });
export const listVersions = endpoint({ route: 'GET /versions', atRoot: true, summary: 'List API versions', view: Document, replies: 200, policy: 'public' });

export const createImage = endpoint({
  route: 'POST /images', isShownAgain: true, summary: 'Create an image: its record, without bytes', body: CreateImageBody, view: Image, replies: 201,
  policy: rules.addImage, alsoConsults: [rules.publicizeImage, rules.communitizeImage], charges: { image_count_total: 1 },
  fails: ['image.exists', 'image.property.reserved', 'quota.exceeded'],
  cli: { command: 'image create', columns: ['id', 'name', 'status', 'disk_format', 'container_format', 'visibility'] },
});
export const listImages = endpoint({
  route: 'GET /images', summary: 'List images', query: ListImagesQuery, view: ImageList, replies: 200, policy: rules.getImagesRule,
  cli: { command: 'image list', columns: ['id', 'name', 'status'] },
});
export const showImage = endpoint({
  route: 'GET /images/{image_id}', summary: 'Show an image', view: Image, replies: 200, policy: rules.getImageRule, alsoConsults: [rules.uploadByTicket],
  fails: ['image.not-found'],
  cli: { command: 'image show' },
});
export const updateImage = endpoint({
  route: 'PATCH /images/{image_id}', summary: 'Change an image by JSON patch', body: ImagePatch, view: Image, replies: 200,
  policy: rules.modifyImage, alsoConsults: [rules.getImageRule, rules.publicizeImage, rules.communitizeImage],
  fails: ['image.not-found', 'image.property.reserved', 'image.patch.conflict'], cli: { command: 'image set' },
});
export const deleteImage = endpoint({
  route: 'DELETE /images/{image_id}', summary: 'Delete an image', replies: 204, policy: rules.deleteImageRule, alsoConsults: [rules.getImageRule],
  fails: ['image.not-found', 'image.protected'], cli: { command: 'image delete' },
});
export const uploadImage = endpoint({
  route: 'PUT /images/{image_id}/file', summary: 'Upload an image\'s bytes', streamsRequest: true, replies: 204, policy: rules.uploadImageRule,
  alsoConsults: [rules.getImageRule], fails: ['image.not-found', 'image.state', 'image.content.refused'],
});
/** Hypervisor hosts come with a ticket instead of a token. */
export const downloadImage = endpoint({
  route: 'GET /images/{image_id}/file', summary: 'Download an image\'s bytes', view: T.Any(), replies: { 200: {}, 204: {}, 206: {} }, policy: rules.downloadImageRule,
  alsoConsults: [rules.getImageRule, rules.downloadByTicket], fails: ['image.not-found', 'image.state'],
});
export const deactivateImage = endpoint({
  route: 'POST /images/{image_id}/actions/deactivate', summary: 'Keep an image from being downloaded', replies: 204, policy: rules.deactivateRule,
  alsoConsults: [rules.getImageRule], fails: ['image.not-found', 'image.state'],
});
export const reactivateImage = endpoint({
  route: 'POST /images/{image_id}/actions/reactivate', summary: 'Let an image be downloaded again', replies: 204, policy: rules.reactivateRule,
  alsoConsults: [rules.getImageRule], fails: ['image.not-found', 'image.state'],
});
export const addTag = endpoint({
  route: 'PUT /images/{image_id}/tags/{tag}', summary: 'Add a tag', replies: 204, policy: rules.modifyImage, alsoConsults: [rules.getImageRule], fails: ['image.not-found'],
});
export const removeTag = endpoint({
  route: 'DELETE /images/{image_id}/tags/{tag}', summary: 'Remove a tag', replies: 204, policy: rules.modifyImage, alsoConsults: [rules.getImageRule], fails: ['image.not-found', 'image.tag.not-found'],
});
export const createMember = endpoint({
  route: 'POST /images/{image_id}/members', summary: 'Share an image with a project', body: CreateMemberBody, view: Member, replies: 200,
  policy: rules.addMember, alsoConsults: [rules.getImageRule], fails: ['image.not-found', 'image.member.exists', 'image.not-shared'],
});
export const listMembers = endpoint({
  route: 'GET /images/{image_id}/members', summary: 'List the projects that an image is shared with', view: MemberList, replies: 200, policy: rules.getMembersRule,
  alsoConsults: [rules.getImageRule], fails: ['image.not-found'],
});
export const showMember = endpoint({
  route: 'GET /images/{image_id}/members/{member_id}', summary: 'Show a member of an image', view: Member, replies: 200, policy: rules.getMemberRule,
  alsoConsults: [rules.getImageRule], fails: ['image.not-found'],
});
export const updateMember = endpoint({
  route: 'PUT /images/{image_id}/members/{member_id}', summary: 'Accept or reject an image', body: UpdateMemberBody, view: Member, replies: 200,
  policy: rules.modifyMember, alsoConsults: [rules.getImageRule], fails: ['image.not-found'],
});
export const deleteMember = endpoint({
  route: 'DELETE /images/{image_id}/members/{member_id}', summary: 'Stop sharing an image with a project', replies: 204, policy: rules.deleteMemberRule,
  alsoConsults: [rules.getImageRule], fails: ['image.not-found'],
});
export const showSchema = endpoint({
  route: 'GET /schemas/{name}', summary: 'Show the JSON schema of image, images, member or members', view: Document, replies: 200, policy: rules.getSchemas,
});
export const showImportMethods = endpoint({ route: 'GET /info/import', summary: 'Show the import methods', view: Document, replies: 200, policy: rules.getSchemas });
export const showStores = endpoint({ route: 'GET /info/stores', summary: 'Show the stores', view: Document, replies: 200, policy: rules.getSchemas });
