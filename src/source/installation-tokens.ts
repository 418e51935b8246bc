import type { Connection } from '../clients/git/credentials.ts';
import { askForToken, type GitHubApp, type InstallationToken } from '../clients/git/github-app.ts';
import { RecentMap } from './recent-map.ts';

/** A token is replaced this long before it ends: a fetch that begins with it must also end with it. */
const SPARE_MS = 12 * 60_000;

/** Tokens of GitHub App installations: each is asked for once, and kept until shortly before it expires. */
export class InstallationTokens {
  readonly #tokens = new RecentMap<string, Promise<InstallationToken>>(256);

  /**
   * A token that still lasts for a whole fetch.
   * @param key tells one installation and private key from another
   * @throws SyncError as `askForToken`
   */
  async of(key: string, app: GitHubApp, connection: Connection): Promise<string> {
    const known = await this.#tokens.get(key)?.catch(() => undefined);
    if (known && known.expiresAt - SPARE_MS > Date.now()) return known.token;
    if (known) this.#tokens.delete(key);
    let asking = this.#tokens.get(key);
    if (!asking) {
      asking = askForToken(app, connection);
      this.#tokens.set(key, asking);
      asking.catch(() => this.forget(key));
    }
    return (await asking).token;
  }

  /** The host refused it: it may have been revoked, so the next attempt asks for another. */
  forget(key: string): void {
    this.#tokens.delete(key);
  }
}
