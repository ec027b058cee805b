import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cloud } from '../cloud.js';
import { digestOf, digestOfTrees } from '../files.js';
import { processSpec, RANK, type Health, type ProcessSpec } from '../process-spec.js';
import { CHECKOUT } from '../settings.js';

/**
 * How Node is told to stay small. A larger young generation would spend memory on every process to save collections that
 * short requests hardly need; a smaller one makes lists of a thousand rows collect several times.
 */
const NODE_FLAGS = ['--enable-source-maps', '--max-semi-space-size=4', '--max-old-space-size=256'];
const PINNED_NODE = join(CHECKOUT, 'node_modules/node/bin/node');

/** One process for each app that has a program, in the order of their names; agents after services. */
export function appProcesses(cloud: Cloud, configFiles: ReadonlyMap<string, string>): ProcessSpec[] {
  const directory = join(CHECKOUT, 'apps');
  const names = readdirSync(directory).filter((name) => existsSync(join(directory, name, 'dist/main.js')) && configFiles.has(name)).sort();
  mkdirSync(cloud.directories.compiledCode, { recursive: true, mode: 0o700 });
  return names.map((name) => appProcess(cloud, name, configFiles.get(name) ?? ''));
}

function appProcess(cloud: Cloud, name: string, configFile: string): ProcessSpec {
  const isAgent = name.endsWith('-agent');
  return processSpec({
    name: `virga-${name}`, rank: isAgent ? RANK.agent : RANK.service, workingDirectory: CHECKOUT,
    argv: [PINNED_NODE, ...NODE_FLAGS, join(CHECKOUT, 'apps', name, 'dist/main.js')],
    environment: {
      VIRGA_CONFIG: configFile,
      NODE_ENV: 'production',
      NODE_COMPILE_CACHE: cloud.directories.compiledCode,
      MALLOC_ARENA_MAX: '2',
    },
    stopSeconds: 15,
    leavesChildren: isAgent,
    listens: listeners(cloud, name),
    health: healthOf(cloud, name),
    build: digestOf(digestOfTrees(programDirectories(name)), readFileSync(configFile, 'utf8')),
  });
}

function listeners(cloud: Cloud, name: string): { host: string; port: number }[] {
  const operators = name === 'object-storage' ? [{ host: '127.0.0.1', port: cloud.settings.enginePorts.objectOperators }] : [];
  return [...operators, ...publicListeners(cloud, name)];
}

function publicListeners(cloud: Cloud, name: string): { host: string; port: number }[] {
  return portsOf(cloud, name).map((port) => ({ host: name.endsWith('-agent') ? '127.0.0.1' : cloud.settings.bindAddress, port }));
}

function healthOf(cloud: Cloud, name: string): Health {
  const [listen] = listeners(cloud, name);
  if (listen === undefined) return { kind: 'alive' };
  const host = listen.host === '0.0.0.0' ? '127.0.0.1' : listen.host;
  return { kind: 'http', url: `http://${host}:${listen.port}/healthcheck` };
}

function portsOf(cloud: Cloud, name: string): number[] {
  const { ports, enginePorts } = cloud.settings;
  const known: Record<string, number[]> = {
    'identity': [ports.identity],
    'compute': [ports.compute, ports.placement, ports.metadata],
    'network': [ports.network],
    'image': [ports.image],
    'block-storage': [ports.blockStorage],
    'object-storage': [ports.objectStorage],
    'compute-agent': [enginePorts.agentHealth],
    'storage-agent': [enginePorts.storageHealth],
  };
  return known[name] ?? [];
}

/** The build outputs that an app consists of: its own and, through their package.json, those of all libraries below it. */
function programDirectories(app: string): string[] {
  const seen = new Map<string, string>();
  const visit = (packageDirectory: string) => {
    if (seen.has(packageDirectory)) return;
    seen.set(packageDirectory, join(packageDirectory, 'dist'));
    const { dependencies = {} } = JSON.parse(readFileSync(join(packageDirectory, 'package.json'), 'utf8')) as { dependencies?: Record<string, string> };
    for (const name of Object.keys(dependencies).filter((dependency) => dependency.startsWith('@virga/'))) visit(join(CHECKOUT, 'node_modules', name));
  };
  visit(join(CHECKOUT, 'apps', app));
  return [...seen.values()].sort();
}
