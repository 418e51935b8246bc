import { hostname } from 'node:os';
import { json, text, type Reply } from './answers.ts';
import type { Gateway } from './gateway.ts';

/** `GET /StatusPing` [facts 1.5]. State names besides these two are not known [facts 9.11]: a faulted gateway keeps saying STARTING here. */
export function statusPing({ faults }: Gateway): Reply {
  if (faults.state === 'starting' || faults.state === 'faulted') return json({ state: 'STARTING' });
  return json(faults.state === 'commissioning' ? { state: 'RUNNING', details: 'COMMISSIONING' } : { state: 'RUNNING' });
}

/** `GET /system/gwinfo`: `Key=Value;` pairs, also on 8.1 [facts 1.5]. */
export function gwinfo({ name, faults, version, redundancy }: Gateway): Reply {
  const pairs = {
    ContextStatus: faults.state === 'commissioning' ? 'NEEDS_COMMISSIONING' : 'RUNNING',
    PlatformName: name,
    Version: version.replace(/ .*/, ''),
    RedundancyStatus: redundancy.role,
    RedundantState: redundancy.role === 'Independent' ? 'Good' : redundancy.projectState,
    RedundantNodeActiveStatus: redundancy.activityLevel,
  };
  return text(
    Object.entries(pairs)
      .map(([key, value]) => `${key}=${value};`)
      .join(''),
  );
}

/** `GET gateway-info` [facts 1.5]: `ignitionVersion`, no `state`, no `uptime`. */
export function gatewayInfo({ name, redundancy, edition, port, version, mode }: Gateway): Reply {
  return json({
    name,
    redundancyRole: redundancy.role,
    edition,
    hostname: hostname(),
    port: port(),
    ignitionVersion: version,
    deploymentMode: mode,
    timeZone: 'Coordinated Universal Time',
    timeZoneId: 'UTC',
    jvmVersion: '17.0.14',
    allowUnsignedModules: false,
    license: { mode: 'Trial', validForVersion: true, expirationDate: null, licenseRestrictions: [] },
  });
}

/** `GET overview` [facts 1.5]. */
export function overview({ version, redundancy, startedAt }: Gateway): Reply {
  const { role, activityLevel, projectState } = redundancy;
  const { heapUsed, heapTotal } = process.memoryUsage();
  return json({
    version: version.replace(/ .*/, ''),
    redundancy: { role, activityLevel, projectState },
    java: { version: '17.0.14', vendor: 'Azul Systems, Inc.', name: 'OpenJDK' },
    os: { name: 'Linux', arch: 'amd64', version: '6.1' },
    cloudEnv: null,
    uptime: Date.now() - startedAt,
    timezone: 'UTC',
    locale: 'en',
    time: Date.now(),
    memory: [heapUsed, heapTotal],
    cpu: 0.01,
    disk: { total: 100_000_000_000, used: 40_000_000_000 },
    license: { state: 'Trial', trialRemaining: 7200 },
  });
}

/** `GET redundancy`: flat; no peerId without a peer, uptime -1 on a cold backup [facts 1.5]. */
export function redundancy({ name, redundancy: state, startedAt }: Gateway): Reply {
  const alone = state.role === 'Independent';
  return json({
    role: state.role,
    projectState: state.projectState,
    activityLevel: state.activityLevel,
    localId: alone ? name : `${name}-${state.role}`,
    ...(!alone && { peerId: `${name}-${state.role === 'Master' ? 'Backup' : 'Master'}` }),
    peerConnected: state.peerConnected,
    hasConfigAccess: true, // also on a cold backup: no sign that writing is right [facts 3.5]
    syncPending: state.syncPending,
    failoverPending: false,
    uptime: state.activityLevel === 'Cold' ? -1 : Date.now() - startedAt,
    lastSyncTimestamp: state.lastSyncTimestamp,
  });
}
