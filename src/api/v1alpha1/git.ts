import { z } from 'zod';
import { NotYet, SecretKeyRef, refuseField, textOf, withRules } from './schema.ts';

const SecretRefOnly = z.object({ secretRef: SecretKeyRef });

const Auth = withRules(
  z.object({
    token: z
      .object({
        secretRef: SecretKeyRef,
        username: z.string().min(1).default('git').describe('User name sent with the token; most hosts take any.'),
      })
      .optional()
      .describe('HTTPS with a token.'),
    sshKey: SecretRefOnly.optional().describe('SSH with a private key. The host keys come from the key known_hosts of the same Secret.'),
    githubApp: NotYet.object,
  }),
  refuseField('githubApp', 'Use auth.token with an installation or deploy token.'),
  {
    rule: '!(has(self.token) && has(self.sshKey))',
    message: 'token and sshKey exclude each other: give the one that fits the URL in git.repo.',
  },
);

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
    allowUnreachable: z
      .boolean()
      .default(false)
      .describe('Take a commit id that no branch or tag reaches. Such a commit may come from a fork that nobody reviewed.'),
    insecureHttp: z.boolean().default(false).describe('Allow plain http to a host other than this machine.'),
  }),
  {
    rule: "self.insecureHttp || !self.repo.startsWith('http://') || self.repo.matches('^http://(127[.]|localhost[:/]|\\\\[::1\\\\])')",
    fieldPath: '.repo',
    message: 'plain http: credentials and content would travel in clear. Use https, or set insecureHttp: true.',
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
  { rule: "!self.ref.startsWith('-')", fieldPath: '.ref', message: 'must not start with a dash.' },
);
