import { GatewayInfo, ProjectNames, ScanStatus, StatusPing } from './wire.ts';
import { IgnitionHttp, type IgnitionAddress } from './http.ts';

export type ScanKind = 'config' | 'projects';

/** `Down`: nothing answers at the address, as on a gateway that is stopped or not yet up. */
type GatewayState = 'Running' | 'Starting' | 'Commissioning' | 'Down';

/**
 * The part of a gateway's HTTP API that the agent uses. Every failure is a SyncError: GatewayNotRunning (503, redirect to the welcome page,
 * nothing answers), GatewayAuthFailed (401, 403), GatewayIncompatible (404, an answer of another shape), ScanFailed (other 5xx).
 */
export interface IgnitionClient {
  /** Needs no API key. Never fails because the gateway is down: that is an answer. */
  state(signal?: AbortSignal): Promise<GatewayState>;
  gatewayInfo(signal?: AbortSignal): Promise<GatewayInfo>;
  scanStatus(kind: ScanKind, signal?: AbortSignal): Promise<ScanStatus>;
  /** Asks for a scan. The gateway's answer is a receipt and says nothing of the scan, so it is not given. */
  triggerScan(kind: ScanKind, signal?: AbortSignal): Promise<void>;
  projectNames(signal?: AbortSignal): Promise<string[]>;
  close(): Promise<void>;
}

/** Opens a client for one gateway. @throws SyncError InvalidSpec when TLS checks shall be skipped for a host other than this machine. */
export function createIgnitionClient(address: IgnitionAddress): IgnitionClient {
  const http = new IgnitionHttp(address);
  return {
    async state(signal) {
      const answer = await http.probe('/StatusPing', signal);
      if (answer === undefined) return 'Down';
      if (answer.status >= 300 && answer.status < 400) return 'Commissioning';
      if (answer.status === 503) return 'Starting';
      const ping = http.decode(StatusPing, answer);
      if (ping.details === 'COMMISSIONING') return 'Commissioning';
      return ping.state === 'RUNNING' ? 'Running' : 'Starting';
    },
    gatewayInfo: async (signal) => http.decode(GatewayInfo, await http.call('GET', '/data/api/v1/gateway-info', signal)),
    scanStatus: async (kind, signal) => http.decode(ScanStatus, await http.call('GET', `/data/api/v1/scan/${kind}`, signal)),
    triggerScan: async (kind, signal) => {
      await http.call('POST', `/data/api/v1/scan/${kind}`, signal);
    },
    projectNames: async (signal) => http.decode(ProjectNames, await http.call('GET', '/data/api/v1/projects/names', signal)),
    close: () => http.close(),
  };
}

export type { IgnitionAddress };
