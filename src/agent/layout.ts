import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Digest } from '../domain/manifest.ts';
import { OWN_FOLDER } from '../domain/plan/protection.ts';
import type { VolumeFs } from './volume-fs.ts';

/** Where everything of ours lies on one gateway's volume. */
export class Layout {
  readonly volume: VolumeFs;
  readonly own: string;
  readonly state: string;
  readonly journal: string;
  readonly journalSteps: string;
  readonly commits: string;
  readonly lock: string;
  /** What drift was last compared with; see `Seen`. */
  readonly seen: string;
  readonly manifests: string;
  readonly staging: string;
  readonly snapshots: string;
  /** See `RestartRecord`. */
  readonly restart: string;
  /** What the gateway sent to be compared; nothing in it is kept. */
  readonly proof: string;

  constructor(volume: VolumeFs) {
    this.volume = volume;
    this.own = OWN_FOLDER;
    this.state = join(this.own, 'state.json');
    this.journal = join(this.own, 'journal.json');
    this.journalSteps = join(this.own, 'journal.steps');
    this.commits = join(this.own, 'commits.log');
    this.lock = join(this.own, 'lock');
    this.seen = join(this.own, 'seen');
    this.manifests = join(this.own, 'manifests');
    this.staging = join(this.own, 'staging');
    this.snapshots = join(this.own, 'snapshots');
    this.restart = join(this.own, 'restart.json');
    this.proof = join(this.own, 'proof');
  }

  manifest(digest: Digest): string {
    return join(this.manifests, digest);
  }

  /** Scratch for making one manifest live. */
  stagingFor(target: Digest): string {
    return join(this.staging, target);
  }

  /** Operations are named by people's names and slashes; their snapshots by a hash of that, which is short and has none. */
  snapshotFor(op: string): string {
    return join(this.snapshots, createHash('sha256').update(op).digest('hex').slice(0, 32));
  }
}
