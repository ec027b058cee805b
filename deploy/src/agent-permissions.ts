export interface BrokerPermissions {
  configure: string;
  write: string;
  read: string;
  topics: { exchange: string; write: string; read: string }[];
}

/** An agent may read its own queue, and publish its own reports and its answers; it can declare nothing. */
export function agentPermissions({ host, agent }: { host: string; agent: string }): BrokerPermissions {
  const literally = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return {
    configure: '^$',
    write: String.raw`^virga\.(reports|replies)$`,
    read: `^${literally(`host.${host}.${agent}`)}$`,
    topics: [{ exchange: 'virga.reports', write: `^${literally(`${agent}.${host}`)}$`, read: '^$' }],
  };
}
