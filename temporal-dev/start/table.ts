import type { IgnitionGateway, IgnitionSync } from '../../src/api/v1alpha1/objects.ts';
import { commitOf, short } from '../../src/domain/revision.ts';

const COLUMNS = ['GATEWAY', 'WANTED', 'LIVE', 'PHASE', 'WAITING FOR', 'SINCE'] as const;
const WAITING = COLUMNS.indexOf('WAITING FOR');

/** `12s`, `3m`, `2h`, `4d`: as kubectl prints ages. */
export function age(since: string | undefined, now: Date): string {
  if (since === undefined) return '-';
  const seconds = Math.max(0, Math.round((now.getTime() - new Date(since).getTime()) / 1_000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

function row(gateway: IgnitionGateway, wanted: string | undefined, now: Date): string[] {
  const { status } = gateway;
  const live = commitOf(status?.revision);
  const waiting = status?.waitingFor || (status?.reason ? `${status.reason}: ${status.message ?? ''}` : '');
  return [
    gateway.metadata.name,
    wanted === undefined ? '-' : short(wanted),
    live === undefined ? '-' : short(live),
    status?.phase ?? 'Pending',
    waiting || '-',
    age(status?.since, now),
  ];
}

/** What stands above the table: the object's revision and rollout, and what keeps it from being Ready. */
export function renderHead(name: string, status: IgnitionSync['status'], width = 140): string[] {
  const { shortRevision, rollout, waitingFor, conditions } = status ?? {};
  const ready = conditions?.find((condition) => condition.type === 'Ready');
  const head = [
    `${name}: ${shortRevision ?? 'not resolved yet'}`,
    rollout ? `rollout ${rollout.number} ${rollout.state}` : '',
    ready && ready.status !== 'Unknown' ? `Ready=${ready.status}` : '',
    waitingFor ? `waits for: ${waitingFor}` : '',
  ];
  const why = ready?.message && ready.status !== 'True' ? [`${ready.reason}: ${ready.message}`] : [];
  const held = ['Frozen', 'Paused'].flatMap((type) => conditions?.filter((c) => c.type === type && c.status === 'True') ?? []);
  const stops = held.filter((c) => c.type !== ready?.reason).map((c) => `${c.type}: ${c.message}`);
  return [head.filter(Boolean).join('  '), ...stops, ...why].map((line) => line.slice(0, width));
}

/** The live table: what each gateway shall run, what it runs, and what it waits for. */
export function renderTable(gateways: readonly IgnitionGateway[], wanted: string | undefined, now: Date, width = 140): string[] {
  const rows = [[...COLUMNS], ...gateways.map((gateway) => row(gateway, wanted, now))];
  // What a gateway waits for may be long: it gives way to the columns beside it.
  const others = COLUMNS.map((_, column) => (column === WAITING ? 0 : Math.max(...rows.map((cells) => cells[column]?.length ?? 0)) + 2));
  const room = Math.max(0, width - others.reduce((sum, each) => sum + each, 0) - 2);
  for (const cells of rows) cells[WAITING] = (cells[WAITING] ?? '').slice(0, room);
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  return rows.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
      .slice(0, width),
  );
}
