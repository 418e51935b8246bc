import type { ControlActivities } from '../../contract/activities.ts';
import type { Announcer, DocumentStore, ObjectStore } from './ports.ts';
import { createReadDesired } from './read-desired.ts';
import { createReportStatus } from './report-status.ts';

/** The activities between Kubernetes objects and workflows: desired input in, observed state out. */
export function createControlActivities(deps: {
  objects: ObjectStore;
  documents: DocumentStore;
  announcer: Announcer;
  now: () => Date;
}): ControlActivities {
  return {
    readDesired: createReadDesired(deps.objects, deps.documents),
    reportStatus: createReportStatus(deps.objects, deps.announcer, deps.now),
  };
}
