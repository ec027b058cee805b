export { DEFAULT_REGION, LONGEST_PAGE, MOST_DELETES, MOST_PARTS, SMALLEST_PART, s3Capabilities } from './s3-limits.js';
