/** What one network's metadata proxy needs to know. */
export interface ProxyConfig {
  networkId: string;
  /** The agent's unix socket; the proxy's user must be able to connect to it. */
  metadataSocket: string;
  pidFile: string;
  user: string;
  group: string;
}

/** Metadata is small and local; a guest that holds connections open must not starve the others of its network. */
const MOST_CONNECTIONS = 1024;
const MOST_CONNECTIONS_OF_ONE_GUEST = 64;

/**
 * haproxy's configuration for one network. The agent believes `X-Forwarded-For` and the network ids, so whatever a guest
 * sends under these names is replaced: `set-header` removes all copies before it adds its own.
 */
export function proxyConfig({ networkId, metadataSocket, pidFile, user, group }: ProxyConfig): string {
  return `# Written by Virga's compute agent for network ${networkId}; changes are overwritten.
global
    daemon
    user ${user}
    group ${group}
    pidfile ${pidFile}
    maxconn ${MOST_CONNECTIONS}
    log /dev/log local0 notice

defaults
    mode http
    log global
    option dontlognull
    option http-keep-alive
    retries 3
    timeout http-request 30s
    timeout connect 5s
    timeout client 35s
    timeout server 35s
    timeout http-keep-alive 10s

frontend metadata
    bind 169.254.169.254:80
    stick-table type ip size 10k expire 1m store conn_cur
    tcp-request connection track-sc0 src
    tcp-request connection reject if { sc0_conn_cur gt ${MOST_CONNECTIONS_OF_ONE_GUEST} }
    http-request del-header Forwarded
    http-request del-header X-Neutron-Network-ID
    http-request del-header X-Neutron-Router-ID
    http-request del-header X-Instance-ID
    http-request del-header X-Instance-ID-Signature
    http-request del-header X-Tenant-ID
    http-request set-header X-Forwarded-For %[src]
    http-request set-header X-OVN-Network-ID ${networkId}
    http-request set-header X-Virga-Network-Id ${networkId}
    default_backend agent

backend agent
    server agent unix@${metadataSocket}
`;
}
