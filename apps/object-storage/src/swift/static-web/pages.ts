import { quoted } from '../request/index.js';

/** What a container says about how it is shown as a web site (X-Container-Meta-Web-…). */
export interface SiteOptions {
  /** The object that is shown for a directory. */
  index: string | undefined;
  /** The end of the names of error pages, which begin with the status: `404error.html`. */
  error: string | undefined;
  showsListings: boolean;
  /** Whether the owner said anything about listings: then a directory is a page, though perhaps a refusing one. */
  mentionsListings: boolean;
  listingsCss: string | undefined;
  listingsLabel: string | undefined;
  directoryType: string;
}

export interface ListedFile {
  name: string;
  bytes: number;
  contentType: string;
  /** Seconds with fraction, `2024-01-31T12:00:00.000000`. */
  lastModified: string;
}

export interface Listing {
  /** The path or the label that the title names. */
  label: string;
  /** The directory, with its last slash; empty for the container itself. */
  prefix: string;
  directories: readonly string[];
  files: readonly ListedFile[];
  css: string | undefined;
}

const STYLE = `<style>
h1 {font-size: 1em; font-weight: bold;}
th {text-align: left; padding: 0 1em;}
td {padding: 0 1em;}
a {text-decoration: none;}
</style>`;

/** A directory of a container as HTML; ids and classes are Swift's, since owners' style sheets use them. */
export function listingPage({ label, prefix, directories, files, css }: Listing): string {
  const up = prefix === '' ? [] : [row('item', 'parent', '../', '../', '&nbsp;', '&nbsp;')];
  const listed = [
    ...directories.map((name) => name.slice(prefix.length)).map((name) => row('item subdir', undefined, quoted(name), escaped(name), '&nbsp;', '&nbsp;')),
    ...files.map((file) => fileRow(file, prefix)),
  ];
  return page(label, headStyle(css, prefix), `<h1 id="title">Listing of ${escaped(label)}</h1>
<table id="listing">
<tr id="heading"><th class="colname">Name</th><th class="colsize">Size</th><th class="coldate">Date</th></tr>
${[...up, ...listed].join('\n')}
</table>`);
}

/** What is shown for a directory of a site whose owner shows no listings. */
export function listingsDisabledPage(label: string, prefix: string, { listingsCss, index }: SiteOptions): string {
  const missing = index === undefined ? '' : `
<h2>Index File Not Found</h2>
<p>The owner of this web site has set <b>X-Container-Meta-Web-Index: ${escaped(index)}</b>, but there is no such object.</p>`;
  return page(label, headStyle(listingsCss, prefix), `<h1>Web Listing Disabled</h1>
<p>The owner of this web site does not show listings. As the owner, you turn them on with X-Container-Meta-Web-Listings.</p>${missing}`);
}

function fileRow({ name, bytes, contentType, lastModified }: ListedFile, prefix: string): string {
  const shown = name.slice(prefix.length);
  const types = contentType.toLowerCase().split('/').map((type) => `type-${escaped(type)}`).join(' ');
  const date = lastModified.split('.')[0]?.replace('T', ' ') ?? '';
  return row(`item ${types}`, undefined, quoted(shown), escaped(shown), readableSize(bytes), escaped(date));
}

function row(classes: string, id: string | undefined, href: string, name: string, size: string, date: string): string {
  const named = id === undefined ? '' : ` id="${id}"`;
  return `<tr${named} class="${classes}"><td class="colname"><a href="${href}">${name}</a></td><td class="colsize">${size}</td><td class="coldate">${date}</td></tr>`;
}

function page(label: string, style: string, body: string): string {
  return `<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8" />
<title>Listing of ${escaped(label)}</title>
${style}
</head>
<body>
${body}
</body>
</html>
`;
}

/** A style sheet is named relative to the container, or by an absolute path or address. */
function headStyle(css: string | undefined, prefix: string): string {
  if (css === undefined) return STYLE;
  const isAbsolute = /^(\/|https?:\/\/)/.test(css);
  const href = isAbsolute ? quoted(css).replaceAll('%3A', ':') : '../'.repeat(prefix.split('/').length - 1) + quoted(css);
  return `<link rel="stylesheet" type="text/css" href="${href}" />`;
}

/** `1536` as `2Ki`, as Swift rounds. */
function readableSize(bytes: number): string {
  const suffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
  let value = bytes;
  let step = 0;
  while (value >= 1024 && step < suffixes.length - 1) {
    value = Math.round(value / 1024);
    step += 1;
  }
  return `${value}${suffixes[step] ?? ''}`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');
}
