import { quantile } from '../support/quantile.ts';

/** One measured case: samples of it and of its peer, in the same run. */
export interface Case {
  readonly case: string;
  readonly unit: string;
  readonly samples: readonly number[];
  readonly peer?: { readonly name: string; readonly samples: readonly number[] };
}

const round = (value: number): number => Math.round(value * 10) / 10;

function line({ case: name, unit, samples, peer }: Case) {
  const at = (q: number): number => round(quantile(samples, q));
  const p50 = at(0.5);
  const peerP50 = peer ? round(quantile(peer.samples, 0.5)) : null;
  return {
    case: name,
    unit,
    p50,
    p95: at(0.95),
    p99: at(0.99),
    peer: peerP50,
    peerName: peer?.name ?? null,
    ratio: peerP50 === null ? null : round(p50 / peerP50),
    n: samples.length,
  };
}

/** A table for people; with `json` one JSON line per case at the end. */
export function printCases(cases: readonly Case[], json: boolean): void {
  const lines = cases.map(line);
  const width = Math.max(...lines.map((l) => l.case.length));
  for (const l of lines) {
    const peer = l.peerName === null ? '' : `   ${l.peerName}: ${l.peer} ${l.unit}, ratio ${l.ratio}`;
    console.log(
      `${l.case.padEnd(width)}  p50 ${`${l.p50}`.padStart(8)} ${l.unit}   p95 ${`${l.p95}`.padStart(8)} ${l.unit}   p99 ${`${l.p99}`.padStart(8)} ${l.unit}${peer}`,
    );
  }
  if (json) for (const l of lines) console.log(JSON.stringify(l));
}
