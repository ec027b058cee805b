import { existsSync, readFileSync } from 'node:fs';

const OLDEST_NODE = 20;

/** One line that says why Virga cannot be set up here, or undefined where it can. */
export function missingOfMachine() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return `Virga needs Linux on x86-64; this is ${process.platform} on ${process.arch}.`;
  if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) return `Virga needs Node ${OLDEST_NODE} or newer to begin; this is ${process.version}.`;
  const system = distribution();
  if (system.ID !== 'debian' || system.VERSION_ID !== '12') return `Virga's setup is made for Debian 12; this is ${system.PRETTY_NAME ?? 'an unknown system'}.`;
  if (!existsSync('/usr/bin/apt-get')) return 'Virga installs its engines with apt-get, which is missing here.';
  if (process.getuid() !== 0) return 'Virga must be set up as root, because it installs packages and creates network devices: sudo npm start.';
  return undefined;
}

function distribution() {
  if (!existsSync('/etc/os-release')) return {};
  const lines = readFileSync('/etc/os-release', 'utf8').split('\n').map((line) => /^(\w+)="?(.*?)"?$/.exec(line)).filter(Boolean);
  return Object.fromEntries(lines.map(([, key, value]) => [key, value]));
}
