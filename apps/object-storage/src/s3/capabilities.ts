import { LONGEST_PAGE } from './operations/list-operations.js';
import { SMALLEST_PART } from './operations/completion-operations.js';
import { MOST_PARTS } from './operations/upload-request.js';
import { MOST_DELETES } from './operations/write-operations.js';
import { DEFAULT_REGION } from './signature/regions.js';

/** What Swift's `/info` says of S3, by the names that Swift's own s3api gives to its limits. */
export const s3Capabilities = {
  allow_multipart_uploads: true,
  dns_compliant_bucket_names: true,
  location: DEFAULT_REGION,
  max_bucket_listing: LONGEST_PAGE,
  max_multi_delete_objects: MOST_DELETES,
  max_parts_listing: LONGEST_PAGE,
  max_upload_part_num: MOST_PARTS,
  min_segment_size: SMALLEST_PART,
  // Swift's s3_acl means that owners are named by their access keys; here they are users.
  s3_acl: false,
};
