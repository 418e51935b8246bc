/** A component of a resource's name from the folder that holds it: gateways store some characters percent-encoded. What cannot be decoded stays. */
export function resourceName(folder: string): string {
  if (!folder.includes('%')) return folder;
  try {
    return decodeURIComponent(folder);
  } catch {
    return folder;
  }
}
