/** No page of an S3 list is longer, whatever is asked for. */
export const LONGEST_PAGE = 1000;

/** The most keys that one DeleteObjects names, as in S3. */
export const MOST_DELETES = 1000;

/** The most parts of an object, as in S3. */
export const MOST_PARTS = 10_000;

/** All parts but the last must have so many bytes, as in S3. */
export const SMALLEST_PART = 5 * 1024 * 1024;

/** Where S3 clients believe to be when nobody told them. */
export const DEFAULT_REGION = 'us-east-1';

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
