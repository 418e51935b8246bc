/** The prefix of our pod annotations. */
export const ANNOTATION_PREFIX = 'ignition-sync.io';

/** What a pod may say about itself. They belong at the top-level `podAnnotations` of the official Ignition chart. */
export const POD_ANNOTATIONS = {
  inject: `${ANNOTATION_PREFIX}/inject`,
  crName: `${ANNOTATION_PREFIX}/cr-name`,
  syncProfile: `${ANNOTATION_PREFIX}/sync-profile`,
  servicePath: `${ANNOTATION_PREFIX}/service-path`,
  gatewayName: `${ANNOTATION_PREFIX}/gateway-name`,
  deploymentMode: `${ANNOTATION_PREFIX}/deployment-mode`,
  tagProvider: `${ANNOTATION_PREFIX}/tag-provider`,
  excludePatterns: `${ANNOTATION_PREFIX}/exclude-patterns`,
  systemName: `${ANNOTATION_PREFIX}/system-name`,
  redundantPair: `${ANNOTATION_PREFIX}/redundant-pair`,
  systemNameTemplate: `${ANNOTATION_PREFIX}/system-name-template`,
} as const;

/** Known by name, not built yet: their users are told so. */
export const NOT_YET_ANNOTATIONS: Readonly<Record<string, string>> = {
  [`${ANNOTATION_PREFIX}/ref-override`]: 'The gateway gets spec.git.ref of its IgnitionSync.',
  [`${ANNOTATION_PREFIX}/sync-period`]: 'spec.polling.interval of the IgnitionSync counts.',
};

/** The annotation of an IgnitionSync that asks for a look: any new value does. */
export const REQUESTED_SYNC = 'sync.ignition.io/requested-sync';
