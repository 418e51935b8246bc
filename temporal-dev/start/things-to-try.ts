import { dirname } from 'node:path';
import type { Stack } from '../stack/stack.ts';

/** Where everything is, said before anything is synced: whoever made a mistake needs it most. */
export function addresses(stack: Stack, dir: string): string {
  const { kubectl = '', temporal = '' } = stack.description.tools;
  const folders = [...new Set([dirname(kubectl), dirname(temporal)])].join(':');
  return `
Temporal UI   ${stack.temporal.uiUrl}/namespaces/default/workflows
Files         ${dir}: logs/ of ignition-sync, pods/<namespace>/<pod>/data of each gateway, agent.log beside it
In another terminal:
    export PATH=${folders}:$PATH KUBECONFIG=${stack.kubernetes.kubeconfigFile} TEMPORAL_ADDRESS=${stack.temporal.address}
`;
}

/** What the user reads beside the table. Every line that is indented twice is a command that works as it stands. */
export function thingsToTry(at: {
  namespace: string;
  name: string;
  gateway: string;
  clone: { readonly dir: string; readonly file: string } | undefined;
  faultsUrl: string;
}): string {
  const { namespace, name, gateway, clone, faultsUrl } = at;
  const signal = (signal_: string, input: object) =>
    `temporal workflow signal --workflow-id ignition-sync/${namespace}/${name} --name ${signal_} --input '${JSON.stringify(input)}'`;
  const spec = (change: object) => `kubectl -n ${namespace} patch isync ${name} --type merge -p '${JSON.stringify({ spec: change })}'`;
  const faults = (change: object) =>
    `curl --noproxy '*' -sX POST ${faultsUrl} -H 'content-type: application/json' -d '${JSON.stringify(change)}'`;
  const sections: [string, ...string[]][] = [
    ['look', `kubectl -n ${namespace} get isync,igw`, `kubectl -n ${namespace} describe isync ${name}`],
    ...(clone
      ? ([['push a commit', `cd ${clone.dir} && echo "# changed" >> ${clone.file} && git commit -qam "a change" && git push -q`]] as [
          [string, string],
        ])
      : []),
    ['pause: commits wait; and go on', spec({ paused: true }), spec({ paused: false })],
    [
      `break a gateway and push a commit: ${gateway} is put back and the rollout holds; then mend it and try it again`,
      faults({ scanFails: true }),
      faults({ scanFails: false }),
      signal('retryGateway', { gateway }),
    ],
    [
      'ask for approval, push a commit, approve it; then ask no more (a plan that waits already still wants its answer)',
      spec({ approval: { required: true } }),
      signal('approve', { by: 'me' }),
      spec({ approval: { required: false } }),
    ],
    [
      'emergency stop: no gateway is changed any more; and go on',
      signal('emergencyStop', { by: 'me', reason: 'drill' }),
      signal('resume', { by: 'me' }),
    ],
  ];
  return `
Things to try, in a terminal with the line above${clone ? '' : ' (a commit is pushed to the repository that you named)'}
${sections.map(([what, ...commands]) => [`  ${what}`, ...commands.map((command) => `    ${command}`)].join('\n')).join('\n')}
Ctrl-C ends everything.
`;
}
