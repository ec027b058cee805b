import { rule } from '@virga/contract';

const MEMBER_OF_PROJECT = 'role:member and project_id:%(project_id)s';
const ADMIN_OR_MEMBER = `rule:context_is_admin or (${MEMBER_OF_PROJECT})`;
const READER_OR_SEEN = "rule:context_is_admin or (role:reader and (project_id:%(project_id)s or project_id:%(member_id)s or 'community':%(visibility)s or 'public':%(visibility)s or 'shared':%(visibility)s))";

const image = (name: string, check: string, describe: string) => rule(name, { check, describe });

export const contextIsAdmin = image('context_is_admin', 'role:admin', 'Who may do everything.');
export const baseRules = [
  image('default', 'rule:context_is_admin', 'What holds where no other rule does.'),
];

/** Glance's policy names with its defaults (secure RBAC). */
export const addImage = image('add_image', 'rule:context_is_admin or (role:member and project_id:%(project_id)s and project_id:%(owner)s)', 'Create an image.');
export const deleteImageRule = image('delete_image', ADMIN_OR_MEMBER, 'Delete an image.');
export const getImageRule = image('get_image', READER_OR_SEEN, 'Show an image.');
export const getImagesRule = image('get_images', 'rule:context_is_admin or (role:reader and project_id:%(project_id)s)', 'List images.');
export const modifyImage = image('modify_image', ADMIN_OR_MEMBER, 'Change an image.');
export const publicizeImage = image('publicize_image', 'rule:context_is_admin', 'Make an image public.');
export const communitizeImage = image('communitize_image', ADMIN_OR_MEMBER, 'Make an image a community image.');
export const downloadImageRule = image('download_image', "rule:context_is_admin or (role:member and (project_id:%(project_id)s or project_id:%(member_id)s or 'community':%(visibility)s or 'public':%(visibility)s or 'shared':%(visibility)s))", 'Download an image.');
export const uploadImageRule = image('upload_image', ADMIN_OR_MEMBER, 'Upload an image.');
export const deactivateRule = image('deactivate', ADMIN_OR_MEMBER, 'Deactivate an image.');
export const reactivateRule = image('reactivate', ADMIN_OR_MEMBER, 'Reactivate an image.');
export const addMember = image('add_member', ADMIN_OR_MEMBER, 'Share an image with a project.');
export const deleteMemberRule = image('delete_member', ADMIN_OR_MEMBER, 'Stop sharing an image with a project.');
export const getMemberRule = image('get_member', "rule:context_is_admin or role:reader and (project_id:%(project_id)s or project_id:%(member_id)s)", 'Show a member of an image.');
export const getMembersRule = image('get_members', "rule:context_is_admin or role:reader and (project_id:%(project_id)s or project_id:%(member_id)s)", 'List the members of an image.');
export const modifyMember = image('modify_member', 'rule:context_is_admin or (role:member and project_id:%(member_id)s)', 'Accept or reject an image.');
export const getSchemas = image('virga:get_schemas', '@', 'Read the JSON schemas and what the service can do.');

/** Ours: a hypervisor host comes with a ticket that compute issued for one image. */
export const downloadByTicket = image('virga:download_by_ticket', 'role:virga_image_ticket', 'Download the image that a ticket names.');
/** Ours: a storage host comes with a ticket that block storage issued for one image. */
export const uploadByTicket = image('virga:upload_by_ticket', 'role:virga_image_ticket', 'Upload the bytes of the image that a ticket names, and see how far it is.');
