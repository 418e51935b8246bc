/** The apiserver refused or could not answer; `message` is its own sentence. */
export class KubeError extends Error {
  override readonly name: string = 'KubeError';
  /** HTTP status. */
  readonly status: number;
  /** The apiserver's word for it, such as `AlreadyExists` or `Expired`. */
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

/** Somebody else changed or made the object in the meantime: read it again and retry. */
export class ConflictError extends KubeError {
  override readonly name = 'ConflictError';
}

/** The error that an answer of the apiserver stands for. */
export function kubeError(status: number, body: string): KubeError {
  const { reason, message } = parseStatus(body);
  const words = message ?? (body.slice(0, 300) || `the Kubernetes API answered ${status}`);
  return status === 409 ? new ConflictError(status, reason ?? 'Conflict', words) : new KubeError(status, reason ?? '', words);
}

function parseStatus(body: string): { reason?: string; message?: string } {
  try {
    const { reason, message } = JSON.parse(body) as { reason?: unknown; message?: unknown };
    return { ...(typeof reason === 'string' ? { reason } : {}), ...(typeof message === 'string' ? { message } : {}) };
  } catch {
    return {};
  }
}

/** Whether a watch must start again from a list: its place in the history is gone. */
export function isGone(error: unknown): boolean {
  return error instanceof KubeError && (error.status === 410 || error.reason === 'Expired' || error.reason === 'Gone');
}
