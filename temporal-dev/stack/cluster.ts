import { setTimeout as sleep } from 'node:timers/promises';
import { StackError } from '../failure.ts';
import type { KubernetesFiles } from './kubernetes.ts';

/** The label of the nodes that kwok manages: only nodes that a stack created carry it. */
export const DEV_NODE_LABEL = 'ignition-sync.io/dev';

/** The only node. */
export const DEV_NODE = 'ignition-sync-dev';

const NODE = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: DEV_NODE, labels: { [DEV_NODE_LABEL]: 'true', 'kubernetes.io/os': 'linux', 'kubernetes.io/hostname': DEV_NODE } },
  status: { capacity: { cpu: '64', memory: '256Gi', pods: '10000' }, allocatable: { cpu: '64', memory: '256Gi', pods: '10000' } },
};

const POLICY_NAME = 'one-node';
const ADMISSION = 'admissionregistration.k8s.io/v1';

/** With one node there is nothing to schedule: every pod is bound when it is created, and no scheduler has to run. */
const POLICY = {
  apiVersion: ADMISSION,
  kind: 'MutatingAdmissionPolicy',
  metadata: { name: POLICY_NAME },
  spec: {
    matchConstraints: { resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }] },
    matchConditions: [{ name: 'unbound', expression: '!has(object.spec.nodeName) || object.spec.nodeName == ""' }],
    failurePolicy: 'Fail',
    reinvocationPolicy: 'Never',
    mutations: [
      { patchType: 'ApplyConfiguration', applyConfiguration: { expression: `Object{spec: Object.spec{nodeName: "${DEV_NODE}"}}` } },
    ],
  },
};

const BINDING = {
  apiVersion: ADMISSION,
  kind: 'MutatingAdmissionPolicyBinding',
  metadata: { name: POLICY_NAME },
  spec: { policyName: POLICY_NAME },
};

const PROBE = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'probe' },
  spec: { automountServiceAccountToken: false, containers: [{ name: 'none', image: 'none' }] },
};

/** Creates what makes pods run: the node and the rule that binds every pod to it. What is there already is kept. */
export async function prepareCluster(files: KubernetesFiles): Promise<void> {
  await Promise.all([
    create(files, '/api/v1/nodes', NODE),
    create(files, `/apis/${ADMISSION}/mutatingadmissionpolicies`, POLICY),
    create(files, `/apis/${ADMISSION}/mutatingadmissionpolicybindings`, BINDING),
  ]);
}

/** Waits until the rule is in force: the apiserver reads its policies again about once a second. */
export async function untilPodsAreBound(files: KubernetesFiles): Promise<void> {
  for (let turn = 0; turn < 400; turn++) {
    const answer = await files.request('/api/v1/namespaces/default/pods?dryRun=All', { method: 'POST', body: JSON.stringify(PROBE) });
    if (answer.status === 201 && answer.body.includes(DEV_NODE)) return;
    await sleep(25);
  }
  throw new StackError('The apiserver did not bind pods to the node within ten seconds.');
}

async function create(files: KubernetesFiles, path: string, object: object): Promise<void> {
  const answer = await files.request(path, { method: 'POST', body: JSON.stringify(object) });
  if (answer.status !== 201 && answer.status !== 409)
    throw new StackError(`The apiserver refused ${path}: ${answer.status} ${answer.body}`);
}
