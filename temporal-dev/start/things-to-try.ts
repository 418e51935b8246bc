import { dirname } from 'node:path';
import type { Stack } from '../stack/stack.ts';

/** What the user reads beside the table; each command works as printed. */
export function thingsToTry(at: {
  stack: Stack;
  namespace: string;
  name: string;
  gateway: string;
  clone: { readonly dir: string; readonly file: string } | undefined;
  faultsUrl: string;
}): string {
  const { stack, namespace, name, gateway, clone, faultsUrl } = at;
  const { kubectl = '', temporal = '' } = stack.description.tools;
  const folders = [...new Set([dirname(kubectl), dirname(temporal)])].join(':');
  const signal = (signal_: string, input = '') =>
    `temporal workflow signal --workflow-id ignition-sync/${namespace}/${name} --name ${signal_}${input ? ` --input '${input}'` : ''}`;
  return `
Temporal UI   ${stack.temporal.uiUrl}/namespaces/default/workflows
In another terminal:
  export PATH=${folders}:$PATH KUBECONFIG=${stack.kubernetes.kubeconfigFile} TEMPORAL_ADDRESS=${stack.temporal.address}

Things to try
  look                 kubectl -n ${namespace} get isync,igw
                       kubectl -n ${namespace} describe isync ${name}
  push a commit        ${clone ? `cd ${clone.dir} && echo "# changed" >> ${clone.file} && git commit -qam "a change" && git push -q` : 'to the repository that you named'}
  pause                kubectl -n ${namespace} patch isync ${name} --type merge -p '{"spec":{"paused":true}}'     (and back with false)
  break a gateway      curl -sX POST ${faultsUrl} -H 'content-type: application/json' -d '{"scanFails":true}'
                       then push a commit: ${gateway} is put back and the rollout holds. Mend it and go on:
                       curl -sX POST ${faultsUrl} -H 'content-type: application/json' -d '{"scanFails":false}'
                       ${signal('retryGateway', `{"gateway":"${gateway}"}`)}
  ask for approval     kubectl -n ${namespace} patch isync ${name} --type merge -p '{"spec":{"approval":{"required":true}}}'
                       then push a commit, and approve it:
                       ${signal('approve', '{"by":"me"}')}
  emergency stop       ${signal('emergencyStop', '{"by":"me","reason":"drill"}')}
                       ${signal('resume', '{"by":"me"}')}
Ctrl-C ends everything.
`;
}
