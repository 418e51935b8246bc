/** What a gateway says of itself as a node of a redundant pair. Words are the gateway's own: others than those named here may come. */
export interface NodeState {
  /** False: it does not run, and says nothing. */
  readonly running: boolean;
  /** What it is configured as: `Independent`, `Master` or `Backup`. Says nothing of who is in charge. */
  readonly role?: string;
  /** Who is in charge: `Active`; else `Warm`, `Cold` or another word. */
  readonly activityLevel?: string;
  /** Whether it has what its peer has: `Good`, `OutOfDate`, `Incompatible` or `Unknown`. */
  readonly projectState?: string;
}

/** A gateway that runs and says that it is a node of a pair. */
export function isRedundant(node: NodeState | undefined): boolean {
  return node?.role !== undefined && !isIndependent(node);
}

/** A gateway that says that it has no peer. */
export function isIndependent(node: NodeState | undefined): boolean {
  return node?.role?.toLowerCase() === 'independent';
}

/** The node that owns the pair's configuration, whoever is active: its files win when both have come together again. */
export function isMaster(node: NodeState | undefined): boolean {
  return node?.role !== undefined && ['master', 'primary'].includes(node.role.toLowerCase());
}

/** The node that is in charge now. Both may say so for some seconds while the master takes over again. */
export function isActive(node: NodeState | undefined): boolean {
  return node?.activityLevel?.toLowerCase() === 'active';
}

/** Whether the gateway's own word is that it must not be written: it runs, and its peer is in charge. */
export function isStandby(node: NodeState | undefined): boolean {
  return isRedundant(node) && !isActive(node);
}

/** In few characters for `kubectl get`, such as `Master/Active` or `Backup/Cold/Good`; empty for a gateway without a peer. */
export function nodeSummary(node: NodeState): string {
  if (!isRedundant(node)) return '';
  if (!node.running) return `${node.role ?? ''}/not running`;
  const words = [node.role, node.activityLevel, ...(isActive(node) ? [] : [node.projectState])];
  return words.filter((word) => word !== undefined && word !== '').join('/');
}
