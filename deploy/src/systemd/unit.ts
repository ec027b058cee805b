import type { ProcessSpec } from '../process-spec.js';

export const TARGET = 'virga.target';

export const unitName = (process: string) => `${process.startsWith('virga-') ? process : `virga-${process}`}.service`;

/** The process as a systemd unit; a pure function, so that equal units mean equal processes. */
export function unitText(spec: ProcessSpec, all: ProcessSpec[]): string {
  const earlier = all.filter(({ rank }) => rank < spec.rank).map(({ name }) => unitName(name)).sort();
  const lines = [
    '[Unit]',
    `Description=Virga: ${spec.name}`,
    `PartOf=${TARGET}`,
    // Only the order: each process waits by itself for what it needs, and outlives its absence.
    `After=network.target ${earlier.join(' ')}`.trim(),
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    'Type=exec',
    `ExecStart=${spec.argv.map(quoted).join(' ')}`,
    ...(spec.afterStart === undefined ? [] : [`ExecStartPost=-${spec.afterStart.map(quoted).join(' ')}`]),
    ...Object.entries(spec.environment).map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}`),
    ...(spec.user === undefined ? [] : [`User=${spec.user}`, `Group=${spec.user}`]),
    `WorkingDirectory=${spec.workingDirectory}`,
    'Restart=always',
    'RestartSec=500ms',
    `KillSignal=${spec.stopSignal}`,
    `TimeoutStopSec=${spec.stopSeconds}s`,
    `KillMode=${spec.leavesChildren ? 'process' : 'mixed'}`,
    'LimitNOFILE=65536',
    // A changed program or setting must change the unit, or it would not be restarted.
    `X-VirgaBuild=${spec.build}`,
    '',
    '[Install]',
    `WantedBy=${TARGET}`,
    '',
  ];
  return lines.join('\n');
}

export const targetText = () => '[Unit]\nDescription=Virga, the whole cloud of this machine\n\n[Install]\nWantedBy=multi-user.target\n';

/** systemd expands % and $ in commands, and splits at blanks that are not quoted. */
function quoted(text: string): string {
  const literal = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /[\s";{}'#\\]/.test(literal) ? `"${literal}"` : literal;
}
