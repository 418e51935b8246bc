import { z } from 'zod';
import { SecretKeyRef, TextRef, textOf, withRules } from './schema.ts';

const LOOPBACK_HTTP = "matches('^http://(127[.]|localhost[:/]|\\\\[::1\\\\])')";

const Token = z.object({
  secretRef: SecretKeyRef,
  username: z.string().min(1).default('git').describe('User name sent with the token; most hosts take any.'),
});

const SshKey = z.object({
  secretRef: SecretKeyRef,
  knownHosts: TextRef.optional().describe(
    'Lines of known_hosts. Left out, the key known_hosts of the same Secret counts; where that is missing too, the keys that github.com, gitlab.com, bitbucket.org and ssh.dev.azure.com publish.',
  ),
  insecureIgnoreHostKey: z.boolean().default(false).describe('Take whatever host answers, without checking its key.'),
});

const GitHubApp = withRules(
  z.object({
    appId: z.int().min(1),
    installationId: z.int().min(1).describe('The number at the end of the URL of the installation.'),
    secretRef: SecretKeyRef.describe('Private key of the app, the .pem file that GitHub gave.'),
    apiUrl: textOf(/^https?:\/\/[^\s@?#]+$/, 'a URL such as https://github.example/api/v3', 2048)
      .optional()
      .describe('Left out, it follows from the host of git.repo: api.github.com, or /api/v3 of an enterprise server.'),
  }),
  {
    rule: `!has(self.apiUrl) || self.apiUrl.startsWith('https://') || self.apiUrl.${LOOPBACK_HTTP}`,
    fieldPath: '.apiUrl',
    message: 'must begin with https://: the app signs its requests, and gets tokens back.',
  },
);

const Auth = withRules(
  z.object({
    token: Token.optional().describe('HTTPS with a token.'),
    sshKey: SshKey.optional().describe('SSH with a private key.'),
    githubApp: GitHubApp.optional().describe('HTTPS with tokens that GitHub makes for an installed app, each for an hour.'),
  }),
  {
    rule: '[has(self.token), has(self.sshKey), has(self.githubApp)].filter(given, given).size() <= 1',
    message: 'token, sshKey and githubApp exclude each other: give the one that fits the URL in git.repo.',
  },
);

const Proxy = z.object({
  url: textOf(/^https?:\/\/[^\s@/?#]+\/?$/, 'a URL such as http://proxy.example:3128, without user and password', 2048),
  secretRef: SecretKeyRef.optional().describe('user:password, if the proxy asks for them.'),
});

const Signers = z.object({
  gpgKeys: TextRef.optional().describe('Public GPG keys, ASCII-armored (`gpg --armor --export`).'),
  sshAllowedSigners: TextRef.optional().describe(
    'Lines of an allowed signers file, as ssh-keygen reads it: `alice@plant.example ssh-ed25519 AAAA…`.',
  ),
});

/** `spec.git`: which repository and ref, how to log in, and what is trusted. */
export const Git = withRules(
  z.object({
    repo: textOf(
      /^(https?:\/\/[^\s/-]|ssh:\/\/[^\s/-]|file:\/\/\/|[^/:@\s-][^/:@\s]*@[^/:\s-][^/:\s]*:)[^\s]*$/,
      'a URL: https://host/org/repo.git, git@host:org/repo.git, ssh://host/path or file:///path',
      2048,
    ).describe('URL of the repository: https, ssh, git@host:org/repo.git, or file for an air-gapped mirror.'),
    ref: z.string().min(1).max(255).describe('Branch, tag, full refs/… name or full commit id.'),
    auth: Auth.optional().describe('Credentials, from Secrets of the same namespace. Leave out for a public repository.'),
    movedTags: z
      .enum(['follow', 'refuse'])
      .default('follow')
      .describe(
        'What becomes of a tag that names another commit than before: `follow` syncs it, `refuse` keeps the gateways where they are.',
      ),
    verify: z
      .enum(['none', 'commit', 'tag', 'tagOrCommit'])
      .default('none')
      .describe('What must carry a signature of one of the signers before anything is planned: the commit, the tag in git.ref, or either.'),
    signers: Signers.optional().describe('Whose signatures count.'),
    allowUnreachable: z
      .boolean()
      .default(false)
      .describe('Take a commit id that no branch or tag reaches. Such a commit may come from a fork that nobody reviewed.'),
    ca: TextRef.optional().describe('PEM of the authorities that vouch for the git host, in place of those that the source knows.'),
    proxy: Proxy.optional().describe('HTTP proxy between the source and the git host.'),
    submodules: z
      .boolean()
      .optional()
      .describe(
        'Take the content of submodules below a mapping, each at its pinned commit. Left out or false: a submodule below a mapping is refused by name.',
      ),
    lfs: z
      .boolean()
      .optional()
      .describe(
        'Fetch the files that Git LFS keeps outside the repository. Left out or false: a pointer below a mapping is refused by name.',
      ),
    insecureHttp: z.boolean().default(false).describe('Allow plain http to a host other than this machine.'),
  }),
  {
    rule: "self.insecureHttp || !self.repo.startsWith('http://') || self.repo.matches('^http://(127[.]|localhost[:/]|\\\\[::1\\\\])')",
    fieldPath: '.repo',
    message: 'plain http: credentials and content would travel in clear. Use https, or set insecureHttp: true.',
  },
  {
    rule: "!self.repo.matches('^[a-z]+://[^/@]*:[^/]*@')",
    fieldPath: '.repo',
    message: 'holds a password: put it into a Secret and name that in git.auth.',
  },
  {
    rule: "!has(self.auth) || !has(self.auth.sshKey) || self.repo.startsWith('ssh://') || self.repo.matches('^[^/]+@[^/]+:')",
    fieldPath: '.auth.sshKey',
    message: 'needs an ssh URL in git.repo, such as git@host:org/repo.git.',
  },
  {
    rule: "!has(self.auth) || !has(self.auth.token) || self.repo.startsWith('http')",
    fieldPath: '.auth.token',
    message: 'needs an https URL in git.repo.',
  },
  {
    rule: "!has(self.auth) || !has(self.auth.githubApp) || self.repo.startsWith('http')",
    fieldPath: '.auth.githubApp',
    message: 'needs an https URL in git.repo.',
  },
  {
    rule: "self.verify == 'none' || (has(self.signers) && (has(self.signers.gpgKeys) || has(self.signers.sshAllowedSigners)))",
    fieldPath: '.signers',
    message: 'git.verify needs signers: name gpgKeys, sshAllowedSigners or both.',
  },
  { rule: "!has(self.ca) || self.repo.startsWith('https://')", fieldPath: '.ca', message: 'needs an https URL in git.repo.' },
  { rule: "!has(self.proxy) || self.repo.startsWith('http')", fieldPath: '.proxy', message: 'needs an https URL in git.repo.' },
  {
    rule: "!has(self.lfs) || !self.lfs || self.repo.startsWith('http')",
    fieldPath: '.lfs',
    message: 'needs an https URL in git.repo: Git LFS content is fetched over https only.',
  },
  { rule: "!self.ref.startsWith('-')", fieldPath: '.ref', message: 'must not start with a dash.' },
);
