import type { Metadata } from '../../metadata/index.js';
import { saysYes } from '../request/index.js';
import type { SiteOptions } from './pages.js';

/** Reads how a container wants to be shown as a web site. */
export function siteOptionsOf(metadata: Metadata): SiteOptions {
  const option = (name: string): string | undefined => metadata[`x-container-meta-web-${name}`]?.trim() || undefined;
  const listings = option('listings');
  return {
    index: option('index'), error: option('error'), mentionsListings: listings !== undefined, showsListings: saysYes(listings),
    listingsCss: option('listings-css'), listingsLabel: option('listings-label'), directoryType: option('directory-type') ?? 'application/directory',
  };
}
